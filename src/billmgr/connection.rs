//! A connection to the panel's database: how it is made, how it is lost, and what is said of it then.
//!
//! Not for what is read through it: that is `database`, and the one thing that is written is `assignment`.

use super::config::{Config, Server};
use crate::error::{Error, Kind};
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use std::error::Error as _;
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// From the first byte to a session that answers.
const CONNECT: Duration = Duration::from_secs(3);
/// For one answer, and for each further part of it.
const READ: Duration = Duration::from_secs(20);
/// The most that one row may have; the largest thing read is a certificate.
const PACKET: usize = 16 * 1024 * 1024;
pub(super) fn connect(config: &Config) -> Result<Conn, Error> {
    let mut opts = OptsBuilder::new()
        .user(Some(&config.user))
        .pass(Some(config.password.reveal()).filter(|password| !password.is_empty()))
        .db_name(Some(&config.database))
        .prefer_socket(false)
        .max_allowed_packet(Some(PACKET))
        .read_timeout(Some(READ))
        .write_timeout(Some(READ));
    let place = match &config.server {
        Server::Sockets(candidates) => {
            let shown: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
            let Some(socket) = candidates.iter().find(|path| path.exists()) else {
                let what = format!("the panel's database does not run here: there is no socket {}", shown.join(", "));
                return Err(Error::new(Kind::Database, what));
            };
            opts = opts.socket(Some(socket.to_string_lossy()));
            socket.display().to_string()
        }
        Server::Tcp { host, port } => {
            opts = opts.ip_or_hostname(Some(host)).tcp_port(*port).tcp_connect_timeout(Some(CONNECT));
            format!("{host}:{port}")
        }
    };
    // A name server, a socket's queue or a server that is stopped can each keep the call; the thread can be left behind.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(Conn::new(opts))));
    let refused = match receiver.recv_timeout(CONNECT) {
        Ok(Ok(connection)) => return Ok(connection),
        Ok(Err(error)) => why(&error),
        Err(_) => "no answer within 3 s".to_owned(),
    };
    Err(Error::new(Kind::Database, format!("the panel's database at {place}: {refused}")))
}

/// A connection that can only read, where the server knows that (MySQL 5.6, MariaDB 10.0).
///
/// # Errors
/// As `connect`.
pub(super) fn session(config: &Config) -> Result<Conn, Error> {
    let mut connection = connect(config)?;
    // A server may have another default, and what is read of one service has to be of one moment.
    let level = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    connection.query_drop(level).map_err(|error| failed(&error))?;
    if let Err(error) = connection.query_drop("SET SESSION TRANSACTION READ ONLY") {
        log::debug!("the session cannot be made read-only: {}", failed(&error));
    }
    Ok(connection)
}

/// Whether the server has gone, or has ended this connection: what was to be read can be read over another one.
pub(super) fn lost(error: &mysql::Error) -> bool {
    match (broken(error), error) {
        (Some(error), _) => !late(error),
        // A server that ends; a connection that was killed, or was idle for too long.
        (None, mysql::Error::MySqlError(error)) => matches!(error.code, 1053 | 1927 | 4031),
        _ => false,
    }
}

/// The network's own error.
fn broken(error: &mysql::Error) -> Option<&io::Error> {
    match error {
        mysql::Error::IoError(error) => Some(error),
        mysql::Error::CodecError(error) => error.source()?.downcast_ref(),
        _ => None,
    }
}

fn late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// The error without anything that was sent or read: those of the library can carry whole rows.
pub(super) fn failed(error: &mysql::Error) -> Error {
    Error::new(Kind::Database, format!("the panel's database: {}", why(error)))
}

fn why(error: &mysql::Error) -> String {
    use mysql::DriverError::CouldNotConnect;
    use mysql::Error::{CodecError, DriverError, FromRowError, FromValueError, IoError, MySqlError, UrlError};
    if let Some(error) = broken(error) {
        return if late(error) {
            "it does not answer in time".to_owned()
        } else {
            format!("the connection is lost ({error})")
        };
    }
    match error {
        MySqlError(error) => format!("{} (error {})", error.message, error.code),
        DriverError(CouldNotConnect(Some((_, why, _)))) => why.clone(),
        DriverError(error) => error.to_string(),
        IoError(error) => error.to_string(),
        CodecError(error) => error.to_string(),
        UrlError(_) | FromValueError(_) | FromRowError(_) => "an answer that cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mysql::{MySqlError, Value};

    #[test]
    fn no_error_carries_a_row() {
        let error = failed(&mysql::Error::FromValueError(Value::Bytes(b"hunter2".to_vec())));
        assert_eq!(error.detail, "the panel's database: an answer that cannot be read");
    }

    #[test]
    fn a_server_that_has_gone_is_told_from_one_that_is_slow_and_from_one_that_refuses() {
        let io = |kind: io::ErrorKind| mysql::Error::CodecError(io::Error::from(kind).into());
        let server = |code| mysql::Error::MySqlError(MySqlError { state: String::new(), message: "no".into(), code });
        for (error, gone, said) in [
            (io(io::ErrorKind::BrokenPipe), true, "the connection is lost (broken pipe)"),
            (
                mysql::Error::IoError(io::ErrorKind::ConnectionReset.into()),
                true,
                "the connection is lost (connection reset)",
            ),
            (server(1053), true, "no (error 1053)"),
            (io(io::ErrorKind::WouldBlock), false, "it does not answer in time"),
            (mysql::Error::IoError(io::ErrorKind::TimedOut.into()), false, "it does not answer in time"),
            (server(1045), false, "no (error 1045)"),
        ] {
            assert_eq!((lost(&error), failed(&error).detail), (gone, format!("the panel's database: {said}")));
        }
    }
}
