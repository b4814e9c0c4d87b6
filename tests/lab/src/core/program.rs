//! The lab's own programs in a panel's tree: a script there starts what Cargo built, with the panel's root.
//!
//! What the programs do is theirs (`bin/`).

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Puts `path` into the panel's directory: a script that starts the lab's `program` with the panel's root before its own
/// arguments.
pub(crate) fn install(root: &Path, path: &str, program: &str) {
    let program = built(program);
    assert!(
        program.is_file(),
        "{} is not built: run `cargo build --workspace`, which builds the lab's programs as well",
        program.display()
    );
    let quote = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let script = format!("#!/bin/sh\nexec {} {} \"$@\"\n", quote(&program), quote(root));
    let path = root.join(path);
    // Written aside and moved into place: another process may be starting the old one.
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, script).expect("write a program of the panel");
    std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o755)).expect("make it executable");
    std::fs::rename(&fresh, &path).expect("install it");
}

/// Cargo puts the workspace's programs beside what is running, or above it: tests run in `deps`, examples in `examples`.
fn built(program: &str) -> PathBuf {
    let running = std::env::current_exe().expect("the path of this program");
    let folder = running.parent().expect("a directory");
    let below = folder.ends_with("deps") || folder.ends_with("examples");
    let profile = if below { folder.parent().expect("a directory") } else { folder };
    profile.join(program)
}
