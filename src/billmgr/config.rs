//! The panel's settings files: where its database and its key are (facts/billmanager 1, facts/coremanager 8).
//!
//! Read from the files and not from `mgrctl paramlist`, for a hook runs inside the panel's request and must not call it.

use crate::error::{Error, Kind};
use crate::modulelog::names::is_secret;
use crate::root::Root;
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A settings file of a panel has some dozen lines.
const SIZE: u64 = 1024 * 1024;
/// Where distributions put the socket of their server.
const SOCKETS: [&str; 3] = ["/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];
const PORT: u16 = 3306;

/// How to reach the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// The first that exists is taken.
    Sockets(Vec<PathBuf>),
    Tcp {
        host: String,
        port: u16,
    },
}

/// What we need of the panel's settings.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    pub user: String,
    pub password: Secret,
    /// The name of the database.
    pub database: String,
    /// The private key of the encrypted parameters.
    pub key: PathBuf,
}

impl Config {
    /// Reads `etc/billmgr.conf` and then `etc/billmgr.conf.d/*.conf` in the order of their names; the last word counts.
    ///
    /// # Errors
    /// `Kind::PanelFiles` when there is none of these files, or one cannot be read.
    pub fn read(root: &Root) -> Result<Self, Error> {
        let main = root.join("etc/billmgr.conf");
        let parts = parts(&root.join("etc/billmgr.conf.d"))?;
        let mut lines = Lines::default();
        let mut found = false;
        for path in std::iter::once(&main).chain(&parts) {
            if let Some(bytes) = contents(path)? {
                lines.add(&bytes).map_err(|what| wrong(path, what))?;
                found = true;
            }
        }
        if !found {
            return Err(wrong(&main, "there is no such file"));
        }
        Ok(lines.config(root))
    }
}

/// What in these files is called like a secret, or is the login of an address (`tcp://user:password@host`), of whatever it is: the
/// panel keeps more there than we need.
pub fn secrets_of_settings(root: &Root) -> Vec<Secret> {
    let parts = parts(&root.join("etc/billmgr.conf.d")).unwrap_or_default();
    let files = std::iter::once(root.join("etc/billmgr.conf")).chain(parts);
    let mut secrets = Vec::new();
    for bytes in files.filter_map(|path| contents(&path).ok().flatten()) {
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((name, value)) = line.trim().split_once(char::is_whitespace) else { continue };
            if is_secret(name) {
                secrets.push(Secret::new(value.trim_start()));
            }
            let login = value.split_once("://").and_then(|(_, rest)| rest.split(['/', ' ']).next()?.rsplit_once('@'));
            if let Some((_, password)) = login.and_then(|(login, _)| login.split_once(':')) {
                secrets.push(Secret::new(password));
            }
        }
    }
    secrets
}

/// The lines of all files, later ones over earlier ones.
#[derive(Debug, Default)]
struct Lines {
    values: BTreeMap<&'static str, Secret>,
}

impl Lines {
    const KNOWN: [&str; 6] = ["DBHost", "DBUser", "DBPassword", "DBName", "DBSocket", "CryptKey"];

    /// A name, blanks, and the rest of the line as it stands: quotes, `#` and blanks belong to a password.
    fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start();
            let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
            let (name, value) = line.split_at(end);
            let Some(name) = Self::KNOWN.into_iter().find(|known| known.as_bytes() == name) else { continue };
            let value = if name == "DBPassword" { value.trim_ascii_start() } else { value.trim_ascii() };
            let value = std::str::from_utf8(value)
                .map_err(|_| format!("line {}: {name} is not UTF-8", index.saturating_add(1)))?;
            self.values.insert(name, Secret::new(value));
        }
        Ok(())
    }

    fn config(mut self, root: &Root) -> Config {
        let password = self.values.remove("DBPassword").unwrap_or_default();
        let value = |name: &str| self.values.get(name).map(Secret::reveal).filter(|value| !value.is_empty());
        Config {
            server: server(value("DBSocket"), value("DBHost").unwrap_or("localhost")),
            user: value("DBUser").unwrap_or("root").to_owned(),
            database: value("DBName").unwrap_or("billmgr").to_owned(),
            key: root.join(value("CryptKey").unwrap_or("etc/billmgr.pem")),
            password,
        }
    }
}

/// A socket that is named is the only one; `localhost` means a socket, as it does for the database's own clients. A port
/// behind the host (`host:3307`) is our reading, no fact names it.
fn server(socket: Option<&str>, host: &str) -> Server {
    if let Some(socket) = socket {
        return Server::Sockets(vec![PathBuf::from(socket)]);
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Server::Sockets(SOCKETS.iter().map(PathBuf::from).collect());
    }
    let with_port = host.split_once(':').and_then(|(name, port)| Some((name, port.parse().ok()?)));
    let (host, port) = with_port.unwrap_or((host, PORT));
    Server::Tcp { host: host.to_owned(), port }
}

/// The `*.conf` files of a folder by name; none when there is no such folder.
fn parts(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| wrong(folder, error))?,
    };
    let mut parts = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| wrong(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "conf") {
            parts.push(path);
        }
    }
    parts.sort();
    Ok(parts)
}

/// What is in a small regular file; `None` when there is none.
pub(super) fn contents(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(|error| wrong(path, error))?,
    };
    if !found.is_file() {
        return Err(wrong(path, "not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SIZE + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(path, error))?;
    if bytes.len() as u64 > SIZE {
        return Err(wrong(path, "larger than 1 MiB, this is no file of the panel"));
    }
    Ok(Some(bytes))
}

pub(super) fn wrong(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(Kind::PanelFiles, format!("{}: {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("etc/billmgr.conf.d")).unwrap();
        for (path, text) in files {
            fs::write(dir.path().join(path), text).unwrap();
        }
        let root = Root::at(dir.path());
        (dir, root)
    }

    #[test]
    fn an_empty_file_means_the_panels_defaults() {
        let (_dir, root) = panel(&[("etc/billmgr.conf", b"")]);
        let config = Config::read(&root).unwrap();
        assert_eq!(config.server, Server::Sockets(SOCKETS.iter().map(PathBuf::from).collect()));
        assert_eq!((config.user.as_str(), config.password.reveal()), ("root", ""));
        assert_eq!((config.database.as_str(), config.key), ("billmgr", root.join("etc/billmgr.pem")));
    }

    #[test]
    fn a_password_is_the_rest_of_its_line() {
        for (line, password) in [
            ("DBPassword simple", "simple"),
            ("DBPassword\tla b#7 it's \"so\" =%\\d;", "la b#7 it's \"so\" =%\\d;"),
            ("DBPassword   # no comment", "# no comment"),
            ("DBPassword \"quoted\"\r", "\"quoted\""),
            ("  DBPassword ends in blanks  ", "ends in blanks  "),
            ("DBPassword пароль", "пароль"),
            ("DBPassword", ""),
            ("#DBPassword commented", ""),
            ("DBPasswordX other", ""),
        ] {
            let (_dir, root) = panel(&[("etc/billmgr.conf", format!("{line}\nDBUser u\n").as_bytes())]);
            let config = Config::read(&root).unwrap();
            assert_eq!(config.password.reveal(), password, "{line:?}");
            assert_eq!(config.user, "u");
            assert!(!format!("{config:?}").contains("no comment"));
        }
    }

    #[test]
    fn the_last_word_counts_in_the_order_of_names() {
        let (_dir, root) = panel(&[
            ("etc/billmgr.conf", b"Option EULA\npath ifconfig /sbin/ifconfig\nDBHost a\nDBName main\n"),
            ("etc/billmgr.conf.d/20-b.conf", b"DBHost b\nOption Second one\n"),
            ("etc/billmgr.conf.d/10-a.conf", b"DBHost c\nDBUser early\n"),
            ("etc/billmgr.conf.d/30.conf.bak", b"DBHost d\n"),
        ]);
        let config = Config::read(&root).unwrap();
        assert_eq!(config.server, Server::Tcp { host: "b".into(), port: 3306 });
        assert_eq!((config.database.as_str(), config.user.as_str()), ("main", "early"));
    }

    #[test]
    fn the_server_is_a_socket_or_an_address() {
        for (socket, host, server) in [
            (Some("/run/x.sock"), "db.example", Server::Sockets(vec!["/run/x.sock".into()])),
            (None, "db.example", Server::Tcp { host: "db.example".into(), port: 3306 }),
            (None, "db.example:3307", Server::Tcp { host: "db.example".into(), port: 3307 }),
            (None, "127.0.0.1", Server::Tcp { host: "127.0.0.1".into(), port: 3306 }),
            (None, "2001:db8::1", Server::Tcp { host: "2001:db8::1".into(), port: 3306 }),
            (None, "LOCALHOST", Server::Sockets(SOCKETS.iter().map(PathBuf::from).collect())),
        ] {
            assert_eq!(super::server(socket, host), server, "{host}");
        }
    }

    #[test]
    fn an_absolute_key_stays_where_it_is() {
        for (line, key) in
            [("CryptKey /secure/key.pem", "/secure/key.pem"), ("CryptKey etc/other.pem", "etc/other.pem")]
        {
            let (_dir, root) = panel(&[("etc/billmgr.conf.d/db.conf", line.as_bytes())]);
            assert_eq!(Config::read(&root).unwrap().key, root.join(key));
        }
    }

    #[test]
    fn what_is_not_there_or_not_readable_is_named() {
        let (_dir, root) = panel(&[]);
        let error = Config::read(&root).unwrap_err();
        assert!(error.kind == Kind::PanelFiles && error.detail.contains("etc/billmgr.conf"), "{error}");
        let (_dir, root) = panel(&[("etc/billmgr.conf", b"# caf\xe9\nDBUser u\nDBPassword caf\xe9\n")]);
        let error = Config::read(&root).unwrap_err();
        assert!(error.detail.contains("line 3: DBPassword"), "{error}");
        let (dir, root) = panel(&[]);
        fs::create_dir(dir.path().join("etc/billmgr.conf")).unwrap();
        assert!(Config::read(&root).unwrap_err().detail.contains("not a file"));
    }
}
