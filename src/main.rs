use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pipewright::cli::main())
}
