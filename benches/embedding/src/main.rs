//! Measures the costs of a run for a host: `cargo run --release` in this directory; `-- spawn`, `--
//! heap` or `-- evaluate` for one part. The figures of docs/PERFORMANCE.md come from here.
//!
//! Work and floor take turns in one process, so that other load of the machine affects both alike. `--
//! ours NAME COUNT` and `-- floor NAME COUNT` run one of the two alone, for valgrind(1) or strace(1).

mod evaluate;
mod heap;
mod pair;
mod spawn;

use pair::Pair;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let wanted = |part: &str| words.is_empty() || words[0] == part;
    if let [side @ ("ours" | "floor"), name, count] = words[..] {
        let count = count.parse().expect("a number of turns");
        let mut pair = pairs().find(|pair| pair.name == name).expect("one of the names in the table");
        return if side == "ours" { (pair.ours)(count) } else { (pair.floor)(count) };
    }
    println!("{}", Pair::HEAD);
    if wanted("spawn") {
        spawn::pairs().iter_mut().for_each(Pair::measure);
    }
    if wanted("evaluate") {
        evaluate::pairs().iter_mut().for_each(Pair::measure);
    }
    if wanted("heap") {
        heap::with_a_large_heap(|| spawn::pairs().iter_mut().for_each(Pair::measure));
    }
}

fn pairs() -> impl Iterator<Item = Pair> {
    spawn::pairs().into_iter().chain(evaluate::pairs())
}
