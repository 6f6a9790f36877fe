use super::*;

fn filled(count: u64) -> Queue<u64> {
    let queue = Queue::new().unwrap();
    for number in 0..count {
        queue.expect().unwrap();
        assert_eq!(queue.put(Arc::new(number)), number);
    }
    queue
}

#[test]
fn what_is_forgotten_is_not_handed_out_and_nothing_else_is_lost() {
    let queue = filled(5);
    queue.forget(1);
    assert_eq!(*queue.next().unwrap(), 0);
    for number in [0, 1, 4] {
        queue.forget(number);
    }
    assert_eq!(*queue.next().unwrap(), 2);
    assert_eq!(*queue.next().unwrap(), 3);
    assert!(queue.next().is_none() && !queue.lock().is_set);
    // The last one takes the signal with it.
    let queue = filled(1);
    assert!(queue.lock().is_set);
    queue.forget(0);
    assert!(queue.next().is_none() && !queue.lock().is_set);
}

/// A look at every entry for each that is freed would be 20,000,000,000 looks.
#[test]
fn to_free_what_was_handed_out_takes_no_look_at_what_waits() {
    const COUNT: u64 = 200_000;
    let queue = filled(COUNT);
    let begun = Instant::now();
    for number in 0..COUNT {
        assert_eq!(*queue.next().unwrap(), number);
        queue.forget(number);
    }
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
}

#[test]
fn a_closed_queue_forgets_what_it_has_and_what_comes() {
    let queue = filled(2);
    let held = Arc::new(7);
    queue.put(Arc::clone(&held));
    queue.close();
    queue.put(Arc::clone(&held));
    assert!(queue.next().is_none());
    assert_eq!(Arc::strong_count(&held), 1);
}
