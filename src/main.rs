use std::sync::Arc;
fn main() {
    let text = std::env::args().nth(1).unwrap();
    let s = Arc::new(pipewright::diag::Source::new("-c", text));
    match pipewright::check::check(&s) { Ok(_) => println!("ok"), Err(e) => for e in e { println!("{}", e.render(false, 100)) } }
}
