//! Decides which of the two faces was called: the panel's handler or the command line. Nothing else happens here.

use std::process::ExitCode;

fn main() -> ExitCode {
    if resellguard::panel::request::called_by_panel() {
        resellguard::panel::handler::run()
    } else {
        resellguard::cli::run(std::env::args_os())
    }
}
