//! The service's own scripts are checked when it is built.

fn main() -> Result<(), pipewright::ParseError> {
    pipewright::build::check("scripts")
}
