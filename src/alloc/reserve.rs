//! Memory for the end of a call: what a call allocates when the system gives
//! no more.
//!
//! Once a request has been sent, the program must not be aborted for want of
//! a hundred bytes: the session would be lost. So a call takes a [`Reserve`]
//! before it sends anything, which fails cleanly where memory has run out by
//! then. While the call has it, and the system refuses memory to this thread,
//! blocks come from the reserve:
//!
//! ```text
//! NODES ─> node ─> node ─> …            never freed, used again
//!           │ base
//!           └──> │ block │ block │ free ...............│   SIZE
//!                                used ^
//! CURRENT (of each thread) ─> the node of the call that runs, and its turn
//! ```
//!
//! A block may outlive its call and be freed by any thread, so a node counts
//! its holders: the call, and each block. What is freed is recognized by its
//! address. Nothing here locks, so a fork cannot inherit a lock; and as long as
//! no block of a reserve is in use, freeing costs one look at a counter.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::pages;

/// Twice what a call was seen to take from its reserve with the largest header
/// (64 KiB in 120 fields): 257 KiB, most of it buffers that were outgrown. See
/// `tests/memory.rs`. What grows with a body is allocated fallibly, and
/// is no part of it.
const SIZE: usize = 512 * 1024;
/// A larger block is asked for fallibly, or not at all.
const LARGEST: usize = 96 * 1024;
const ALIGN: usize = 64;
/// How many calls at once may keep their reserve for the next one. A reserve
/// that is not used costs addresses and no memory.
const KEPT: usize = 64;

/// Enough to make an error that says that memory has run out.
const LAST_SIZE: usize = 8 * 1024;

struct Node {
    next: *mut Node,
    place: usize,
    size: usize,
    base: AtomicPtr<u8>,
    used: AtomicUsize,
    /// The call and the blocks; 0 where the node is free to take.
    holders: AtomicUsize,
    /// Which use of the node this is: a call that ended out of turn (user-level
    /// threads) must not be found again by who came after it.
    turn: AtomicUsize,
}

// SAFETY: what changes is atomic; `next` never does.
unsafe impl Sync for Node {}

#[repr(align(64))]
struct Memory(UnsafeCell<[u8; LAST_SIZE]>);

// SAFETY: it is given out in blocks, each to one owner.
unsafe impl Sync for Memory {}

static LAST_MEMORY: Memory = Memory(UnsafeCell::new([0; LAST_SIZE]));

/// The end of the list: a small reserve that needs no memory.
static LAST: Node = Node {
    next: ptr::null_mut(),
    place: 0,
    size: LAST_SIZE,
    base: AtomicPtr::new(LAST_MEMORY.0.get().cast()),
    used: AtomicUsize::new(0),
    holders: AtomicUsize::new(0),
    turn: AtomicUsize::new(0),
};

static NODES: AtomicPtr<Node> = AtomicPtr::new((&raw const LAST).cast_mut());
/// Blocks of all reserves that are in use.
static BLOCKS: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone, Copy)]
struct Current {
    node: *const Node,
    turn: usize,
}

thread_local! {
    // Without a destructor and without an initializer: the allocator may use it.
    static CURRENT: Cell<Current> = const {
        Cell::new(Current { node: ptr::null(), turn: 0 })
    };
}

/// While it lives, this thread has memory to end its call with. Reserves may
/// be nested: a callback may make a call.
pub(crate) struct Reserve {
    node: *const Node,
    outer: Current,
}

impl Reserve {
    /// Takes a reserve; `None` where memory has run out.
    pub(crate) fn take() -> Option<Self> {
        let node = free_node().or_else(new_node)?;
        if node.base.load(Ordering::Acquire).is_null() {
            let Some(base) = pages::map(SIZE) else {
                node.holders.store(0, Ordering::Release);
                return None;
            };
            node.base.store(base, Ordering::Release);
        }
        Some(Self::of(node))
    }

    /// Takes the small reserve that is always there; `None` where it is taken:
    /// an error that was made with it has not been freed.
    pub(crate) fn take_last() -> Option<Self> {
        LAST.take().then(|| Self::of(&LAST))
    }

    fn of(node: &'static Node) -> Self {
        let turn = node.turn.fetch_add(1, Ordering::AcqRel) + 1;
        let outer = CURRENT.replace(Current { node, turn });
        Self { node, outer }
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        if ptr::eq(CURRENT.get().node, self.node) {
            CURRENT.set(self.outer);
        }
        // SAFETY: nodes are never freed.
        let node = unsafe { &*self.node };
        node.turn.fetch_add(1, Ordering::AcqRel);
        release(node);
    }
}

/// Gives back the addresses that idle reserves keep for the next call. It is
/// done when a handle is freed that calls are made with.
pub(crate) fn release_idle() {
    for node in nodes().filter(|node| node.size == SIZE) {
        if node.take() {
            free_memory(node);
            node.holders.store(0, Ordering::Release);
        }
    }
}

/// Frees the memory of a node that only the caller holds.
fn free_memory(node: &Node) {
    let base = node.base.swap(ptr::null_mut(), Ordering::AcqRel);
    if !base.is_null() {
        // SAFETY: it came from `map`, and each of its blocks was freed, so wiped.
        unsafe { pages::unmap(base, SIZE) };
    }
}

fn nodes() -> impl Iterator<Item = &'static Node> {
    // SAFETY: a node is complete when it is put into the list, and never freed.
    let first = unsafe { NODES.load(Ordering::Acquire).as_ref() };
    std::iter::successors(first, |node| {
        // SAFETY: as above.
        unsafe { node.next.as_ref() }
    })
}

impl Node {
    /// Takes the node for a call, if it is free.
    fn take(&self) -> bool {
        self.holders
            .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }
}

fn free_node() -> Option<&'static Node> {
    nodes().find(|node| node.size == SIZE && node.take())
}

fn new_node() -> Option<&'static Node> {
    // SAFETY: the size is not zero.
    let node = unsafe { System.alloc(Layout::new::<Node>()) }.cast::<Node>();
    if node.is_null() {
        return None;
    }
    let mut next = NODES.load(Ordering::Acquire);
    loop {
        // SAFETY: a list's node is complete and never freed.
        let place = unsafe { next.as_ref() }.map_or(0, |next| next.place + 1);
        // SAFETY: the block is ours, and large enough.
        unsafe {
            node.write(Node {
                next,
                place,
                size: SIZE,
                base: AtomicPtr::new(ptr::null_mut()),
                used: AtomicUsize::new(0),
                holders: AtomicUsize::new(1),
                turn: AtomicUsize::new(0),
            });
        }
        match NODES.compare_exchange(next, node, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: it was written above and is never freed.
            Ok(_) => return unsafe { node.as_ref() },
            Err(other) => next = other,
        }
    }
}

/// Gives up a holder's part. The last one makes the node free to take.
fn release(node: &Node) {
    let mut holders = node.holders.load(Ordering::Acquire);
    while holders > 1 {
        match node.holders.compare_exchange_weak(
            holders,
            holders - 1,
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            Ok(_) => return,
            Err(other) => holders = other,
        }
    }
    // The last: nobody can add a holder now. Only a call does, and it is over.
    node.used.store(0, Ordering::Relaxed);
    if node.place >= KEPT {
        free_memory(node);
    }
    node.holders.store(0, Ordering::Release);
}

/// A block of zeros from the reserve of the call on this thread; NULL where
/// there is none, or no room in it.
pub(super) fn alloc(layout: Layout) -> *mut u8 {
    let current = CURRENT.get();
    // SAFETY: nodes are never freed.
    let Some(node) = (unsafe { current.node.as_ref() }) else {
        return ptr::null_mut();
    };
    if node.turn.load(Ordering::Acquire) != current.turn
        || layout.size() > LARGEST
        || layout.align() > ALIGN
    {
        return ptr::null_mut();
    }
    // The call is the only holder: all of its blocks are free, and zero.
    if node.holders.load(Ordering::Acquire) == 1 {
        node.used.store(0, Ordering::Relaxed);
    }
    let start = node
        .used
        .load(Ordering::Relaxed)
        .next_multiple_of(layout.align());
    let end = start + layout.size();
    if end > node.size {
        return ptr::null_mut();
    }
    node.used.store(end, Ordering::Relaxed);
    node.holders.fetch_add(1, Ordering::AcqRel);
    BLOCKS.fetch_add(1, Ordering::AcqRel);
    // SAFETY: `end`, so `start`, is within the node's memory, which lives as
    // long as it has holders.
    unsafe { node.base.load(Ordering::Acquire).add(start) }
}

/// Whether a block could grow where it is: the last one that the reserve of the
/// call on this thread gave. A buffer that grows would fill a reserve with the
/// places that it has outgrown.
pub(super) fn has_grown(block: *mut u8, size: usize, new_size: usize) -> bool {
    if BLOCKS.load(Ordering::Acquire) == 0 {
        return false;
    }
    let current = CURRENT.get();
    // SAFETY: nodes are never freed.
    let Some(node) = (unsafe { current.node.as_ref() }) else {
        return false;
    };
    let base = node.base.load(Ordering::Acquire);
    let Some(start) = block.addr().checked_sub(base.addr()) else {
        return false;
    };
    let is_last = node.turn.load(Ordering::Acquire) == current.turn
        && node.used.load(Ordering::Relaxed) == start + size;
    if !is_last || new_size < size || new_size > LARGEST || start + new_size > node.size {
        return false;
    }
    node.used.store(start + new_size, Ordering::Relaxed);
    true
}

/// Takes a block back, if it is of a reserve. The caller has wiped it.
pub(super) fn dealloc(block: *mut u8, size: usize) -> bool {
    if BLOCKS.load(Ordering::Acquire) == 0 {
        return false;
    }
    let Some((node, start)) = nodes().find_map(|node| {
        let base = node.base.load(Ordering::Acquire);
        let start = (block.addr()).checked_sub(base.addr())?;
        (!base.is_null() && start < node.size).then_some((node, start))
    }) else {
        return false;
    };
    // The last block of the call on this thread leaves its room to the next.
    if ptr::eq(CURRENT.get().node, node) && node.used.load(Ordering::Relaxed) == start + size {
        node.used.store(start, Ordering::Relaxed);
    }
    BLOCKS.fetch_sub(1, Ordering::AcqRel);
    release(node);
    true
}
