//! The program of a processing module, `<root>/processing/<file>` (facts/billmanager 3): what it offers, and its `sync_item`.
//!
//! Started directly, with an end to time and size. Not for the panel's functions, which are `mgrctl`.

use crate::error::{Error, Kind};
use crate::process::{self, Limits, Output, Unfinished};
use crate::root::Root;
use crate::xml::{self, Element};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A list of names.
const FEATURES: Limits = Limits { time: Duration::from_secs(20), output: 1024 * 1024 };
/// The module asks the seller and calls the panel. One that cannot reach the panel may wait for a day (facts/billmanager 3.2); it
/// is not waited for.
const SYNC: Limits = Limits { time: Duration::from_mins(2), output: 1024 * 1024 };

/// One module's program.
#[derive(Clone, Debug)]
pub struct Program {
    file: String,
    path: PathBuf,
    folder: PathBuf,
}

impl Program {
    /// The program of the module with this file name (`processingmodule.module`).
    ///
    /// # Errors
    /// `Kind::PanelFiles`: the name is no file name, or there is no such file.
    pub fn new(root: &Root, file: &str) -> Result<Self, Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let fits = file.bytes().all(plain) && file.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            let what = format!("'{}' is no file name of a module", file.escape_debug());
            return Err(Error::new(Kind::PanelFiles, what));
        }
        let path = root.join("processing").join(file);
        if !path.is_file() {
            return Err(Error::new(Kind::PanelFiles, format!("there is no {}", path.display())));
        }
        Ok(Self { file: file.to_owned(), path, folder: root.join("") })
    }

    /// Whether `--command features` names `feature`. Where in the document it stands is not relied on.
    ///
    /// # Errors
    /// It could not be run, took too long, or printed no document.
    pub fn offers(&self, feature: &str) -> Result<bool, Error> {
        fn named(element: &Element, feature: &str) -> bool {
            let here = element.name == "feature"
                && (element.get_attribute("name") == Some(feature) || element.text.trim() == feature);
            here || element.children.iter().any(|child| named(child, feature))
        }
        let output = self.run(&["--command", "features"], FEATURES)?;
        let document = document(&output).map_err(|error| error.within(self.what("features")))?;
        let document = document.ok_or_else(|| Error::new(Kind::Answer, format!("{} printed nothing", self.file)))?;
        Ok(named(&document, feature))
    }

    /// Gives one service to the module. Which side it takes for the right one is not known (facts/billmanager 12, 5).
    ///
    /// # Errors
    /// `Kind::Unanswered` when it did not end in time: the panel may still be at what it called. `Kind::PanelAnswer` when it
    /// printed an error, `Kind::Mgrctl` when it failed otherwise; it may have changed something all the same.
    pub fn sync_item(&self, item: &str, module: &str) -> Result<(), Error> {
        let output = self.run(&["--command", "sync_item", "--item", item, "--module", module], SYNC)?;
        document(&output).map(drop).map_err(|error| error.within(self.what("sync_item")))
    }

    fn run(&self, arguments: &[&str], limits: Limits) -> Result<Output, Error> {
        let mut command = Command::new(&self.path);
        command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        // For a module that passes it on to the panel's history.
        command.env("SSH_CONNECTION", "resellguard").current_dir(&self.folder);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        process::finish(command, None, limits).map_err(|failure| {
            let kind = if matches!(failure, Unfinished::Time) { Kind::Unanswered } else { Kind::Mgrctl };
            Error::new(kind, failure.to_string()).within(self.what(arguments.get(1).unwrap_or(&"")))
        })
    }

    fn what(&self, command: &str) -> String {
        format!("processing/{} --command {command}", self.file)
    }
}

/// The document it printed, `None` when it printed nothing and ended well.
fn document(output: &Output) -> Result<Option<Element>, Error> {
    let text = String::from_utf8_lossy(&output.stdout);
    let document = if text.trim().is_empty() { None } else { Some(xml::parse(text.trim())) };
    if let Some(error) = document.iter().flatten().find_map(|document| document.find("error")) {
        let part = |name: &str| -> String {
            let text = error.get_attribute(name).unwrap_or_default();
            text.chars().filter(|letter| !letter.is_control()).take(300).collect()
        };
        let what = format!("{}({}) '{}'", part("type"), part("object"), part("value"));
        return Err(Error::new(Kind::PanelAnswer, what));
    }
    if !output.status.success() {
        return Err(Error::new(Kind::Mgrctl, format!("it ended with {}: {}", output.ending(), output.complaint())));
    }
    document.transpose().map_err(|error| error.within("what it printed is no document"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    /// What a module that is this shell script offers.
    fn offers(script: &str) -> Result<bool, Error> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("processing")).unwrap();
        let (draft, path) = (dir.path().join("draft"), dir.path().join("processing/pmx"));
        fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o700)).unwrap();
        fs::rename(&draft, &path).unwrap();
        let program = Program::new(&Root::at(dir.path()), "pmx").unwrap();
        loop {
            match program.offers("sync_item") {
                // Another test's fork may still hold the script open for writing.
                Err(error) if error.detail.contains("Text file busy") => thread::sleep(Duration::from_millis(5)),
                answer => return answer,
            }
        }
    }

    #[test]
    fn what_a_module_offers_is_read_whatever_stands_around_it() {
        for (printed, said) in [
            ("<doc><features><feature name=\"open\"/><feature name=\"sync_item\"/></features></doc>", true),
            ("<doc><x><features><feature>sync_item</feature></features></x></doc>", true),
            ("<doc><features><feature name=\"sync_items\"/></features></doc>", false),
            ("<doc><params><param name=\"sync_item\"/></params></doc>", false),
        ] {
            assert_eq!(offers(&format!("echo '{printed}'")).unwrap(), said, "{printed}");
        }
    }

    #[test]
    fn a_module_that_does_not_tell_offers_nothing() {
        for (script, said) in [
            ("echo '<doc><feature name=\"sync_item\"/>'", "no document"),
            ("echo '<doc><feature name=\"sync_item\"/></doc>'; echo 'no licence' >&2; exit 3", "status 3: no licence"),
            (
                "echo '<doc><error type=\"value\" object=\"command\" value=\"features\"/></doc>'",
                "value(command) 'features'",
            ),
            ("true", "printed nothing"),
            ("exec cat /dev/zero", "wrote too much"),
        ] {
            let error = offers(script).unwrap_err();
            assert!(error.detail.contains(said), "{script}: {error}");
        }
    }

    #[test]
    fn only_a_file_in_the_folder_of_modules_is_started() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", "../sbin/mgrctl", "-x", ".hidden", "a b", "pm\u{0}", "absent"] {
            assert_eq!(Program::new(&Root::at(dir.path()), name).unwrap_err().kind, Kind::PanelFiles, "{name:?}");
        }
    }
}
