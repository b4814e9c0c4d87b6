//! A file, a stream or what an unpacker gives, in large pieces of whole lines, spread over threads, the results in order.
//!
//! Knows nothing of what is in a line. Every byte is in exactly one piece, in order.

use super::line::LONGEST;
use memchr::memrchr;
use std::io::{self, Read};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How much of what lies before a piece is at hand with it, bytes.
pub const BEFORE: usize = 8 * 1024;

/// How a source is cut. No result depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// The aim for a piece, bytes.
    pub size: usize,
    pub threads: usize,
}

impl Default for Cut {
    fn default() -> Self {
        // More than two threads gain nothing: memory is the limit.
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(2));
        Self { size: 512 * 1024, threads }
    }
}

/// Whole lines, unless the first or the last is longer than `LONGEST`, or nothing follows the last.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The `BEFORE` bytes before it, fewer at the beginning.
    pub before: &'a [u8],
    pub data: &'a [u8],
    /// The source's bytes before `data`.
    pub offset: u64,
    /// `data` begins inside an overlong line.
    pub inside: bool,
    /// Nothing follows.
    pub last: bool,
}

/// Reads `source` to its end; `scan` runs on several threads, `take` gets what it gave in the order of the pieces.
///
/// # Errors
/// The source's. What came before has been taken.
pub fn each<S, T>(
    source: S,
    cut: Cut,
    scan: impl Fn(Chunk<'_>) -> T + Sync,
    take: impl FnMut(T) + Send,
) -> io::Result<()>
where
    S: Read + Send,
    T: Send,
{
    let mut reader =
        Reader { source, cut, next: 0, offset: 0, carry: Vec::new(), inside: false, end: false, failed: None };
    let first = reader.read()?;
    let turns = Turns { state: Mutex::new((0, take)), moved: Condvar::new() };
    // Most of what is read again and again is short: no thread is worth it.
    let alone = reader.end || cut.threads < 2;
    let reader = Mutex::new(reader);
    let failed = Mutex::new(None);
    let work = |mut piece: Option<Piece>| {
        loop {
            let read = match piece.take() {
                Some(piece) => Ok(Some(piece)),
                None => held(&reader).read(),
            };
            match read {
                Ok(Some(piece)) => turns.take(piece.number, || scan(piece.chunk())),
                Ok(None) => break,
                Err(error) => {
                    *held(&failed) = Some(error);
                    break;
                }
            }
        }
    };
    if alone {
        work(first);
    } else {
        std::thread::scope(|scope| {
            for _ in 1..cut.threads {
                scope.spawn(|| work(None));
            }
            work(first);
        });
    }
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere ends the program anyway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Results in order: whoever has one waits until it is their turn.
struct Turns<F> {
    state: Mutex<(u64, F)>,
    moved: Condvar,
}

impl<F> Turns<F> {
    fn take<T>(&self, number: u64, scan: impl FnOnce() -> T)
    where
        F: FnMut(T),
    {
        // The turn goes on even when the scan panics: the others must not wait for ever.
        let turn = Turn { turns: self, number };
        let result = scan();
        turn.await_it().1(result);
        drop(turn);
    }
}

struct Turn<'a, F> {
    turns: &'a Turns<F>,
    number: u64,
}

impl<F> Turn<'_, F> {
    fn await_it(&self) -> MutexGuard<'_, (u64, F)> {
        let state = held(&self.turns.state);
        self.turns.moved.wait_while(state, |state| state.0 != self.number).unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Drop for Turn<'_, F> {
    fn drop(&mut self) {
        self.await_it().0 += 1;
        self.turns.moved.notify_all();
    }
}

struct Piece {
    number: u64,
    offset: u64,
    inside: bool,
    last: bool,
    /// What lies before, up to here; then the data.
    before: usize,
    bytes: Vec<u8>,
}

impl Piece {
    fn chunk(&self) -> Chunk<'_> {
        let (before, data) = self.bytes.split_at_checked(self.before).unwrap_or_default();
        Chunk { before, data, offset: self.offset, inside: self.inside, last: self.last }
    }
}

struct Reader<S> {
    source: S,
    cut: Cut,
    next: u64,
    /// Of the first byte that is not in a piece yet.
    offset: u64,
    /// The end of the piece before, and after it what was read and is not in a piece yet.
    carry: Vec<u8>,
    inside: bool,
    end: bool,
    /// Why it ended, told when all that came before is in pieces.
    failed: Option<io::Error>,
}

impl<S: Read> Reader<S> {
    /// The next piece; `None` at the end. What a broken source gave before it broke is a piece like any other.
    fn read(&mut self) -> io::Result<Option<Piece>> {
        let mut bytes = Vec::with_capacity(self.carry.len() + self.cut.size);
        bytes.append(&mut self.carry);
        let before = usize::try_from(self.offset).unwrap_or(usize::MAX).min(BEFORE).min(bytes.len());
        let mut wanted = self.cut.size.max(1);
        let end = loop {
            let have = bytes.len() - before;
            if have < wanted && !self.end {
                let missing = (wanted - have) as u64;
                match (&mut self.source).take(missing).read_to_end(&mut bytes) {
                    Ok(got) => self.end = got as u64 != missing,
                    Err(error) => (self.end, self.failed) = (true, Some(error)),
                }
                continue;
            }
            let data = bytes.get(before..).unwrap_or_default();
            if self.end {
                break bytes.len();
            }
            match memrchr(b'\n', data) {
                Some(feed) => break before + feed + 1,
                // Inside an overlong line it may be cut anywhere, and only there.
                None if self.inside || data.len() >= LONGEST => break bytes.len(),
                None => wanted = (wanted * 2).min(LONGEST.max(wanted)),
            }
        };
        if end == before {
            return self.failed.take().map_or(Ok(None), Err);
        }
        let read = bytes.len();
        self.carry.extend_from_slice(bytes.get(end.saturating_sub(BEFORE)..).unwrap_or_default());
        bytes.truncate(end);
        let last = self.end && end == read;
        let piece = Piece { number: self.next, offset: self.offset, inside: self.inside, last, before, bytes };
        self.inside = piece.bytes.last() != Some(&b'\n');
        self.next += 1;
        self.offset += (end - before) as u64;
        Ok(Some(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out: pieces' data, and whether each begins inside a line.
    fn pieces(input: &[u8], size: usize, threads: usize) -> Vec<(u64, Vec<u8>, bool)> {
        let mut pieces = Vec::new();
        each(
            input,
            Cut { size, threads },
            |chunk| {
                let offset = usize::try_from(chunk.offset).unwrap();
                let from = offset.saturating_sub(BEFORE);
                assert_eq!(chunk.before, &input[from..offset], "what lies before");
                (chunk.offset, chunk.data.to_vec(), chunk.inside)
            },
            |piece| pieces.push(piece),
        )
        .unwrap();
        pieces
    }

    #[test]
    fn every_byte_is_in_one_piece_and_pieces_are_whole_lines() {
        let mut input = b"first\n\nsecond line\r\n".repeat(2000);
        input.extend(b"x".repeat(3 * LONGEST));
        input.extend(b"\nlast\nno end");
        for size in [1, 7, 100, 5000, LONGEST, 1 << 20] {
            for threads in [1, 2, 5] {
                let pieces = pieces(&input, size, threads);
                let all: Vec<u8> = pieces.iter().flat_map(|piece| piece.1.clone()).collect();
                assert!(all == input, "{size} {threads}");
                let mut offset = 0;
                for (at, data, inside) in &pieces {
                    assert_eq!(*at, offset);
                    offset += data.len() as u64;
                    let begins = *at == 0 || input[usize::try_from(*at).unwrap() - 1] == b'\n';
                    assert_eq!(*inside, !begins, "{size} {threads} {at}");
                }
            }
        }
        assert!(pieces(b"", 10, 2).is_empty());
    }

    #[test]
    fn an_error_comes_after_what_was_read() {
        struct Broken(usize);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                if self.0 > 20 {
                    return Err(io::Error::other("torn"));
                }
                buffer[0] = b"ab\nc"[self.0 % 4];
                Ok(1)
            }
        }
        let mut taken = 0;
        let failed = each(Broken(0), Cut { size: 8, threads: 2 }, |chunk| chunk.data.len(), |size| taken += size);
        assert_eq!(failed.unwrap_err().to_string(), "torn");
        assert_eq!(taken, 20, "every byte before the tear");
    }

    #[test]
    fn a_scan_that_panics_does_not_hang_the_others() {
        let input = b"line\n".repeat(1000);
        let died = std::panic::catch_unwind(|| {
            let scan = |chunk: Chunk<'_>| assert!(chunk.offset < 2000, "on purpose");
            let _ = each(&input[..], Cut { size: 10, threads: 2 }, scan, |()| {});
        });
        assert!(died.is_err());
    }
}
