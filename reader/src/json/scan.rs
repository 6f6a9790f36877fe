//! The pass: from a text to its tape.

use super::node::{Large, Node, next};
use super::strings::{self, PADDING, plain_end};
use super::{Document, Kind, LARGE, ParseError, STRIDE, TEXT_LIMIT};

use ParseError::{NotAnObject, OutOfMemory};

/// Reads the object that `text` starts with. RFC 8259, section 8.1, lets a
/// reader pass over a byte order mark.
pub(super) fn scan(text: &[u8]) -> Result<Document, ParseError> {
    let mark = if text.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let start = skip_space(text, mark);
    if text.get(start) != Some(&b'{') {
        return Err(NotAnObject);
    }
    if text.len() > TEXT_LIMIT {
        return Err(OutOfMemory);
    }
    let mut decoded = reserved(text.len() + PADDING)?;
    decoded.extend_from_slice(text);
    decoded.extend_from_slice(&[0; PADDING]);
    let mut pass = Pass {
        nodes: reserved(text.len() / 12 + 4)?,
        large: Vec::new(),
        order: Vec::new(),
        length: text.len(),
        limit: usize::MAX,
    };
    let end = pass.object(&mut decoded, start)?;
    let object = &text[..end];
    // Nearly all responses are ASCII, which is told at a tenth of the cost.
    if !is_ascii(object) && std::str::from_utf8(object).is_err() {
        return Err(NotAnObject);
    }
    Ok(Document {
        decoded,
        nodes: pass.nodes,
        large: pass.large,
        order: pass.order,
        end,
    })
}

/// What the pass makes. Its methods take the text, decoded as far as the pass
/// has come, with [`PADDING`] NULs behind it, which no JSON has outside strings.
struct Pass {
    nodes: Vec<Node>,
    large: Vec<Large>,
    order: Vec<u32>,
    length: usize,
    /// More nodes than this a complete object cannot have; known when the
    /// nodes have grown for the last time.
    limit: usize,
}

/// The array or object that the pass is in.
struct Open {
    node: u32,
    parent: u32,
    /// Right below [`LARGE`]; from there on only known to be that or more.
    count: u32,
    closer: u8,
}

impl Pass {
    /// Reads the object at `start` and returns where it ends.
    #[inline(never)]
    fn object(&mut self, text: &mut [u8], start: usize) -> Result<usize, ParseError> {
        let mut at = start;
        // Saved in its own node when that is opened, to no effect.
        let mut open = Open {
            node: 0,
            parent: 0,
            count: 0,
            closer: 0,
        };
        loop {
            // A value starts at `at`, or white space before it.
            match byte_at(text, at) {
                b'"' => at = self.string(text, at)?,
                byte @ (b'{' | b'[') => {
                    let kind = if byte == b'{' {
                        Kind::Object
                    } else {
                        Kind::Array
                    };
                    let closer = byte + 2;
                    let node = self.nodes.len() as u32;
                    self.push(at, Node::container(kind, at, node + 1))?;
                    at += 1;
                    if byte_at(text, at) <= b' ' {
                        at = skip_space(text, at);
                    }
                    if byte_at(text, at) != closer {
                        self.link(open.node, open.count, open.parent);
                        open = Open {
                            node,
                            parent: open.node,
                            count: 0,
                            closer,
                        };
                        if closer == b'}' {
                            at = self.name(text, at)?;
                        }
                        continue;
                    }
                    at += 1;
                    if node == 0 {
                        return Ok(at);
                    }
                }
                b' ' | b'\t' | b'\n' | b'\r' => {
                    at = skip_space(text, at);
                    continue;
                }
                _ => at = self.scalar(text, at)?,
            }
            open.count += 1;
            // A value has ended: close what it closes, then on to the next one.
            loop {
                let byte = byte_at(text, at);
                if byte == b',' {
                    at += 1;
                    if open.closer == b'}' {
                        at = self.name(text, at)?;
                    }
                    break;
                }
                if byte != open.closer {
                    let behind = skip_space(text, at);
                    if behind == at {
                        return Err(NotAnObject);
                    }
                    at = behind;
                    continue;
                }
                at += 1;
                let next = self.nodes.len() as u32;
                if open.count < LARGE {
                    self.link(open.node, open.count, next);
                } else {
                    self.index(text, open.node, next)?;
                }
                if open.node == 0 {
                    return Ok(at);
                }
                let parent = self.nodes[open.parent as usize];
                open = Open {
                    node: open.parent,
                    parent: parent.link(),
                    count: parent.count() + 1,
                    closer: if parent.kind() == Kind::Object {
                        b'}'
                    } else {
                        b']'
                    },
                };
            }
        }
    }

    /// Reads `"name" :` and returns the place behind it.
    #[inline(always)]
    fn name(&mut self, text: &mut [u8], at: usize) -> Result<usize, ParseError> {
        let quote = behind(text, b'"', at)? - 1;
        let at = self.string(text, quote)?;
        behind(text, b':', at)
    }

    /// Reads the string whose opening quote is at `at` and returns where it
    /// ends.
    #[inline(always)]
    fn string(&mut self, text: &mut [u8], at: usize) -> Result<usize, ParseError> {
        let start = at + 1;
        let end = plain_end(text, start);
        match text.get_mut(end) {
            Some(quote) if *quote == b'"' => *quote = 0,
            _ => return self.escaped(text, at, end),
        }
        self.push(at, Node::new(Kind::String, 0, at, end - start))?;
        Ok(end + 1)
    }

    /// The same for a string that is plain up to `escape` only.
    #[cold]
    #[inline(never)]
    fn escaped(&mut self, text: &mut [u8], at: usize, escape: usize) -> Result<usize, ParseError> {
        let string = strings::decode(text, at + 1, escape).ok_or(NotAnObject)?;
        self.push(at, Node::new(Kind::String, string.flags, at, string.length))?;
        Ok(string.end)
    }

    /// Reads the number or word at `at` and returns where it ends. Out of line,
    /// as all that is rarer than strings: what is left fits into registers.
    #[inline(never)]
    fn scalar(&mut self, text: &[u8], at: usize) -> Result<usize, ParseError> {
        let rest = &text[at..];
        let (kind, length) = match rest {
            [b't', b'r', b'u', b'e', ..] => (Kind::Bool, 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (Kind::Bool, 5),
            [b'n', b'u', b'l', b'l', ..] => (Kind::Null, 4),
            _ => (Kind::Number, number_length(rest).ok_or(NotAnObject)?),
        };
        self.push(at, Node::new(kind, 0, at, length))?;
        Ok(at + length)
    }

    #[inline(always)]
    fn link(&mut self, node: u32, count: u32, link: u32) {
        let node = &mut self.nodes[node as usize];
        *node = node.with(count, link);
    }

    /// Appends the node of what starts at `at`.
    #[inline(always)]
    fn push(&mut self, at: usize, node: Node) -> Result<(), ParseError> {
        if self.nodes.len() == self.nodes.capacity() {
            self.grow(at)?;
        }
        self.nodes.push(node);
        Ok(())
    }

    /// Makes room for more nodes. What is left of the text bounds them: each
    /// takes a byte of its own and, all but the first, a comma or the bracket
    /// that closes what it opened or is in. As soon as doubling would give
    /// more than half of that bound, all of it is reserved: the old nodes and
    /// the new ones are then at most three quarters of what the whole text
    /// may need, and the nodes never grow again.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, at: usize) -> Result<(), ParseError> {
        let count = self.nodes.len();
        let bound = (count + (self.length - at).div_ceil(2)).min(self.length.div_ceil(2));
        if count >= self.limit.min(bound) {
            return Err(NotAnObject);
        }
        let room = if 2 * count > bound / 2 {
            self.limit = bound;
            bound
        } else {
            2 * count
        };
        let mut nodes = reserved(room)?;
        nodes.extend_from_slice(&self.nodes);
        self.nodes = nodes;
        Ok(())
    }

    /// Indexes the large array or object `node`, which ends before `end`.
    #[cold]
    #[inline(never)]
    fn index(&mut self, text: &[u8], node: u32, end: u32) -> Result<(), ParseError> {
        let is_object = self.nodes[node as usize].kind() == Kind::Object;
        let first = self.order.len();
        let (mut at, mut count) = (node + 1, 0);
        while at < end {
            if is_object || count % STRIDE == 0 {
                push(&mut self.order, at)?;
            }
            count += 1;
            at = next(&self.nodes, &self.large, at + u32::from(is_object));
        }
        if is_object {
            let name = |at: u32| name(text, self.nodes[at as usize]);
            // Of names that are equal the last one counts, and so is found.
            self.order[first..].sort_unstable_by(|&a, &b| name(a).cmp(&name(b)).then(a.cmp(&b)));
        }
        let entry = self.large.len() as u32;
        push(
            &mut self.large,
            Large {
                next: end,
                count,
                order: first as u32,
            },
        )?;
        self.link(node, LARGE, entry);
        Ok(())
    }
}

/// What names are sorted by. One with a lone surrogate equals no text.
#[inline(always)]
pub(super) fn name(decoded: &[u8], name: Node) -> (bool, &[u8]) {
    let start = name.start() + 1;
    (
        !name.has(super::node::LONE),
        &decoded[start..start + name.length()],
    )
}

pub(super) fn reserved<T>(count: usize) -> Result<Vec<T>, ParseError> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_| OutOfMemory)?;
    Ok(items)
}

pub(super) fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), ParseError> {
    items.try_reserve(1).map_err(|_| OutOfMemory)?;
    items.push(item);
    Ok(())
}

/// The byte at `at`; behind the end a NUL, which no JSON has outside strings.
#[inline(always)]
fn byte_at(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The same as std's, which asks after each four blocks of sixteen.
fn is_ascii(text: &[u8]) -> bool {
    let (blocks, rest) = text.as_chunks::<64>();
    let mut seen = [0; 64];
    for block in blocks {
        for (seen, byte) in seen.iter_mut().zip(block) {
            *seen |= byte;
        }
    }
    let any = |bytes: &[u8]| bytes.iter().fold(0, |any, byte| any | byte);
    (any(&seen) | any(rest)).is_ascii()
}

/// Passes over white space to where `byte` must be, and returns the place
/// behind it. Stytch writes no white space.
#[inline(always)]
fn behind(text: &[u8], byte: u8, mut at: usize) -> Result<usize, ParseError> {
    if byte_at(text, at) != byte {
        at = skip_space(text, at);
        if byte_at(text, at) != byte {
            return Err(NotAnObject);
        }
    }
    Ok(at + 1)
}

/// Where the next byte is that is not white space, or the end.
#[cold]
#[inline(never)]
fn skip_space(text: &[u8], at: usize) -> usize {
    let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    at + text.iter().skip(at).take_while(space).count()
}

fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match text.get(at)? {
        b'0' => 1,
        b'1'..=b'9' => digits(at),
        _ => return None,
    };
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}
