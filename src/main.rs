//! Decides which of the two faces was called: the panel's handler or the command line. Nothing else happens here.

use resellguard::panel;
use std::process::ExitCode;

fn main() -> ExitCode {
    if panel::request::called_by_panel() {
        return panel::handler::run();
    }
    // What install.sh asks a program before it lets the panel have it: does it start on this machine at all?
    if std::env::args_os().nth(1).is_some_and(|word| word == "--version") {
        println!("resellguard {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    eprintln!("resellguard: this build serves the panel only; it has no command line");
    ExitCode::from(64)
}
