//! A real MariaDB server of one panel: private directory, unix socket only, killed with the process that started it.
//!
//! It knows no table; what a panel keeps in it is `billing::schema`.

use mysql::{Conn, OptsBuilder, prelude::Queryable};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The panel's user. Not root, for the panel's files name one (facts/coremanager 8).
const USER: &str = "billmgr";
/// The password is the rest of its line in the settings file, whatever stands there (facts/coremanager 8).
const PASSWORD: &str = r#"la b#7 it's "so" =%\d;"#;
const NAME: &str = "billmgr";
/// How long a server may take to answer or to end; it takes well under a second when the machine is idle.
const PATIENCE: Duration = Duration::from_mins(1);

/// Small buffers, no waiting for the disk: the data lives as long as the test. The redo log is written at each commit
/// all the same, so that a killed server comes back with what it had committed.
const SMALL: [&str; 18] = [
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=8M",
    "--innodb-log-buffer-size=2M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-dump-at-shutdown=0",
    "--innodb-temp-data-file-path=ibtmp1:2M:autoextend",
    "--innodb-stats-persistent=0",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=1M",
    "--performance-schema=0",
    "--skip-log-bin",
    "--skip-slave-start",
    "--sync-frm=0",
    "--skip-name-resolve",
    "--max-connections=60",
    "--character-set-server=utf8mb4",
];

/// A server with one empty database, made from a template that is prepared once per user and server version.
#[derive(Debug)]
pub struct Database {
    pub socket: PathBuf,
    pub user: String,
    pub password: String,
    pub name: String,
    dir: PathBuf,
    server: Mutex<Option<Child>>,
}

impl Database {
    /// Starts a server in `dir`, which is created and must not hold one yet.
    ///
    /// # Panics
    /// When MariaDB is not installed (the message names the package) or does not start (with the end of its log).
    pub fn start(dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref().to_path_buf();
        fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        copy(&template(), &dir.join("data"));
        let database = Self {
            socket: dir.join("mysql.sock"),
            user: USER.into(),
            password: PASSWORD.into(),
            name: NAME.into(),
            dir,
            server: Mutex::new(None),
        };
        database.restart();
        database
    }

    /// A new connection as the panel's user.
    ///
    /// # Panics
    /// When the server does not run.
    pub fn connection(&self) -> Conn {
        self.connect().unwrap_or_else(|error| panic!("{}: {error}", self.socket.display()))
    }

    fn connect(&self) -> mysql::Result<Conn> {
        connect(&self.socket, &self.user, &self.password, &self.name)
    }

    /// Moves the panel to another time zone, such as `+13:00`: its clock goes by the database's.
    ///
    /// # Panics
    /// When the server does not run.
    pub fn set_time_zone(&self, zone: &str) {
        // Not the panel's user: a zone is the server's own.
        let mut connection = connect(&self.socket, "root", "", &self.name).expect("the server's administrator");
        connection.query_drop(format!("SET GLOBAL time_zone = '{zone}'")).expect("a time zone");
    }

    /// Runs statements that are separated by `;` at the end of a line.
    ///
    /// # Panics
    /// When one fails; the message has the statement.
    pub fn script(&self, sql: &str) {
        let mut connection = self.connection();
        for statement in sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            connection.query_drop(statement).unwrap_or_else(|error| panic!("{error}\n{statement}"));
        }
    }

    /// Kills the server, as a crash would. The data stays.
    pub fn stop(&self) {
        if let Some(mut server) = self.server.lock().expect("the server's own lock").take() {
            drop(server.stdin.take());
            drop(server.wait());
        }
        drop(fs::remove_file(&self.socket));
    }

    /// Starts the server on the data it had; a running one is killed first.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.stop();
        let mut server = guarded(&binary("mariadbd", "mysqld"))
            .arg("--no-defaults")
            .args(as_root())
            .arg(format!("--datadir={}", self.dir.join("data").display()))
            .arg(format!("--socket={}", self.socket.display()))
            .arg(format!("--pid-file={}", self.dir.join("mysql.pid").display()))
            .arg(format!("--tmpdir={}", self.dir.display()))
            .arg("--skip-networking")
            .args(SMALL)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.dir.join("mysql.log")).expect("a log file in the server's directory"))
            .spawn()
            .expect("sh");
        let started = Instant::now();
        loop {
            let Err(error) = self.connect() else { break };
            let ended = server.try_wait().ok().flatten().is_some();
            if ended || started.elapsed() > PATIENCE {
                drop(server.stdin.take());
                drop(server.wait());
                let log = fs::read_to_string(self.dir.join("mysql.log")).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(15).collect();
                panic!("mariadbd did not start: {error}\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        *self.server.lock().expect("the server's own lock") = Some(server);
    }
}

/// A connection by a server's socket.
pub(crate) fn connect(socket: &Path, user: &str, password: &str, name: &str) -> mysql::Result<Conn> {
    let opts = OptsBuilder::new()
        .socket(Some(socket.to_string_lossy()))
        .user(Some(user))
        .pass(Some(password))
        .db_name(Some(name))
        .prefer_socket(false);
    Conn::new(opts)
}

impl Drop for Database {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A command that lives as long as its standard input: when the process that holds the other end dies, however it dies,
/// the shell reads the end of the file and kills the program.
fn guarded(program: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        r#"exec 3<&0; "$0" "$@" </dev/null 3<&- & server=$!
        { read -r _ <&3; kill -9 $server; } 2>/dev/null & watch=$!
        wait $server; kill $watch 2>/dev/null"#,
    ]);
    command.arg(program);
    command
}

/// The prepared data directory: system tables, the panel's user, the empty database. Several processes may want it at
/// once; each prepares its own and the first rename wins.
fn template() -> PathBuf {
    let server = binary("mariadbd", "mysqld");
    let version = Command::new(&server).arg("--version").output().expect("the server says its version").stdout;
    let version: String = String::from_utf8_lossy(&version)
        .split_whitespace()
        .skip_while(|word| *word != "Ver")
        .nth(1)
        .unwrap_or("unknown")
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "._-".contains(*letter))
        .collect();
    let ready = kept().join(format!("mariadb-{version}-1"));
    if ready.is_dir() {
        return ready;
    }
    let work = tempfile::Builder::new().prefix("making-").tempdir_in(kept()).expect("a temporary directory");
    let fresh = work.path().join("data");
    let made = Command::new(binary("mariadb-install-db", "mysql_install_db"))
        // --force: a container may not know its own name, and the server listens on a socket only.
        .args(["--no-defaults", "--force", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", fresh.display()))
        .args(as_root())
        .args(SMALL)
        .output()
        .expect("mariadb-install-db runs");
    let said = [made.stdout, made.stderr].concat();
    assert!(made.status.success(), "mariadb-install-db: {}", String::from_utf8_lossy(&said));
    bootstrap(&server, &fresh);
    if let Err(error) = fs::rename(&fresh, &ready) {
        let lost_the_race = matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists);
        assert!(lost_the_race && ready.is_dir(), "{}: {error}", ready.display());
    }
    ready
}

/// Gives the fresh data directory the panel's user and database, with a server that reads statements instead of serving.
fn bootstrap(server: &Path, data: &Path) {
    let statements = data.with_extension("sql");
    let password = PASSWORD.replace('\\', r"\\").replace('\'', r"\'");
    let sql = format!(
        "CREATE DATABASE {NAME} CHARACTER SET utf8mb4;\nFLUSH PRIVILEGES;\n\
         CREATE USER {USER}@localhost IDENTIFIED BY '{password}';\nGRANT ALL ON {NAME}.* TO {USER}@localhost;\n"
    );
    fs::write(&statements, sql).expect("a file in a temporary directory");
    let done = Command::new(server)
        .args(["--no-defaults", "--bootstrap", "--silent-startup"])
        .args(as_root())
        .arg(format!("--datadir={}", data.display()))
        .args(SMALL)
        .stdin(fs::File::open(&statements).expect("the file just written"))
        .output()
        .expect("the server runs");
    assert!(done.status.success(), "mariadbd --bootstrap: {}", String::from_utf8_lossy(&done.stderr));
}

/// A directory of this user for what is slow to make and the same each time: `panel-lab-UID` among the temporary files.
///
/// # Panics
/// When somebody else owns it.
pub(crate) fn kept() -> PathBuf {
    let user = owner();
    let dir = std::env::temp_dir().join(format!("panel-lab-{user}"));
    drop(fs::DirBuilder::new().mode(0o700).create(&dir));
    let found = fs::symlink_metadata(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    assert!(found.is_dir() && found.uid() == user, "{} is not ours; remove it", dir.display());
    dir
}

fn as_root() -> Option<&'static str> {
    (owner() == 0).then_some("--user=root")
}

/// The user this process runs as, seen on its own directory under `/proc`.
fn owner() -> u32 {
    fs::metadata("/proc/self").map_or(0, |own| own.uid())
}

/// Finds a program of MariaDB by its name or its older name; distributions put servers into directories that are not in
/// everybody's `PATH`.
fn binary(name: &str, older: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/bin", "/usr/libexec", "/usr/local/sbin", "/usr/local/bin", "/usr/local/libexec"];
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).chain(usual.iter().map(PathBuf::from)).collect();
    [name, older]
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .find(|file| file.is_file())
        .unwrap_or_else(|| {
            panic!(
                "{name} is not installed: `apt-get install mariadb-server` (RHEL family: `dnf install mariadb-server`)"
            )
        })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    for entry in fs::read_dir(from).expect("the template is readable") {
        let entry = entry.expect("the template is readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("the template is readable").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_server_comes_back_with_what_was_committed() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::start(dir.path());
        database.script("CREATE TABLE t(n INT);\nINSERT INTO t VALUES (7);\n");
        database.stop();
        assert!(database.connect().is_err());
        database.restart();
        assert_eq!(database.connection().query_first::<u32, _>("SELECT n FROM t").unwrap(), Some(7));
    }

    #[test]
    fn two_servers_share_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (Database::start(dir.path().join("1")), Database::start(dir.path().join("2")));
        one.script("CREATE TABLE t(n INT);\n");
        let tables: Vec<String> = two.connection().query("SHOW TABLES").unwrap();
        assert!(tables.is_empty());
    }
}
