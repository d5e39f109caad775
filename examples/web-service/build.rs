//! Checks the service's own scripts when it is built.

fn main() -> Result<(), pipewright::ParseError> {
    pipewright::build::check("scripts")
}
