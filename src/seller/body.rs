//! The body of an answer as hostile bytes: bounded in size, in time and in the size of one piece, and its beginning is kept to
//! say what it was when it was no XML.
//!
//! Not for understanding the answer.

use crate::error::{Error, Kind};
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// What is kept of the beginning: enough for a title and the top of a document.
const HEAD: usize = 16 << 10;
/// One tag or one text. A certificate chain is 10 KiB.
const PIECE: u64 = 1 << 20;

/// A reader that stops at its limits. What stopped it is in `failure`; the `io::Error` only carries that it stopped.
pub(super) struct Body<R> {
    source: R,
    left: u64,
    piece: u64,
    deadline: Option<(Instant, Duration)>,
    head: Vec<u8>,
    failure: Option<Error>,
}

impl<R: Read> Body<R> {
    /// Reads at most `limit` bytes.
    pub(super) fn new(source: R, limit: u64) -> Self {
        Self { source, left: limit, piece: PIECE, deadline: None, head: Vec::new(), failure: None }
    }

    /// Reads not longer than `timeout` after `start`.
    #[must_use]
    pub(super) fn until(mut self, start: Instant, timeout: Duration) -> Self {
        self.deadline = start.checked_add(timeout).map(|end| (end, timeout));
        self
    }

    /// A new piece begins: the reader of events calls this before each of them, so that one endless text cannot fill the memory.
    pub(super) fn next_piece(&mut self) {
        self.piece = PIECE;
    }

    /// There are no pieces here; the whole is small.
    pub(super) fn in_one_piece(&mut self) {
        self.piece = self.left;
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Why reading stopped, when it was not the end.
    pub(super) fn failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    fn stop(&mut self, kind: Kind, why: String) -> io::Error {
        self.failure = Some(Error::new(kind, why));
        io::Error::other("stopped")
    }

    fn out_of_time(&mut self, timeout: Duration) -> io::Error {
        self.stop(Kind::SellerUnreachable, format!("the answer was not finished after {timeout:?}"))
    }
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some((end, timeout)) = self.deadline
            && Instant::now() > end
        {
            return Err(self.out_of_time(timeout));
        }
        let read = match self.source.read(buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let timed_out = error.kind() == io::ErrorKind::TimedOut
                    || error
                        .get_ref()
                        .and_then(|inner| inner.downcast_ref::<reqwest::Error>())
                        .is_some_and(reqwest::Error::is_timeout);
                return Err(match self.deadline {
                    Some((_, timeout)) if timed_out => self.out_of_time(timeout),
                    _ => {
                        let why = super::error::root_cause(&error);
                        self.stop(Kind::Answer, format!("the answer was cut short: {why}"))
                    }
                });
            }
        };
        let bytes = read as u64;
        if bytes > self.left {
            return Err(self.stop(Kind::Answer, "the answer is larger than any such answer can be".to_owned()));
        }
        if bytes > self.piece {
            return Err(self.stop(Kind::Answer, "one piece of the answer is larger than 1 MiB".to_owned()));
        }
        self.left -= bytes;
        self.piece -= bytes;
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend(buffer.iter().take(read.min(room)));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_stops_at_the_size_the_piece_and_the_time() {
        let mut whole = Body::new(io::repeat(b'x'), 3 << 20);
        whole.in_one_piece();
        assert!(whole.read_to_end(&mut Vec::new()).is_err());
        assert!(whole.failure().unwrap().detail.contains("larger than any"));

        let mut piece = Body::new(io::repeat(b'x'), 3 << 20);
        assert!(piece.read_to_end(&mut Vec::new()).is_err());
        assert!(piece.failure().unwrap().detail.contains("1 MiB"));

        let long_ago = Instant::now().checked_sub(Duration::from_secs(9)).unwrap();
        let mut late = Body::new(io::repeat(b'x'), 3 << 20).until(long_ago, Duration::from_secs(1));
        assert!(late.read_to_end(&mut Vec::new()).is_err());
        assert_eq!(late.failure().unwrap().kind, Kind::SellerUnreachable);
    }

    #[test]
    fn what_is_within_the_limits_is_read_whole_and_its_beginning_is_kept() {
        let bytes = [b'a'].repeat(HEAD + 5);
        let mut body = Body::new(bytes.as_slice(), bytes.len() as u64).until(Instant::now(), Duration::from_mins(10));
        let mut read = Vec::new();
        body.read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
        assert_eq!(body.head().len(), HEAD);
        assert!(body.failure().is_none());
    }
}
