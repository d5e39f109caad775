//! Measures a start in a host with much memory, whose page tables a fork would have to copy.

use std::hint::black_box;

const BYTES: usize = 1 << 30;

pub fn with_a_large_heap(measure: impl FnOnce()) {
    let mut heap = vec![0_u8; BYTES];
    heap.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    println!("with a heap of 1 GiB, every page of it written:");
    measure();
    black_box(&heap);
}
