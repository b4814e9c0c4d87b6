//! Decides which of the two faces was called: the panel's handler or the command line. Nothing else happens here.

use resellguard::panel;
use std::process::ExitCode;

fn main() -> ExitCode {
    if panel::request::called_by_panel() {
        return panel::handler::run();
    }
    eprintln!("resellguard: this build serves the panel only; it has no command line");
    ExitCode::from(64)
}
