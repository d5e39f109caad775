//! The script of this process, as `pipewright top` sees it.

use pipewright::Board;
use pipewright::top::Publication;
use std::sync::{Arc, OnceLock};

/// The board of this process. Other processes can read it from its first loop on, until this is dropped.
pub struct Published {
    board: Board,
    _publication: Arc<OnceLock<Publication>>,
}

impl Published {
    /// Creates the board of a script with this name. Makes no socket yet.
    pub fn new(script: String) -> Self {
        let publication = Arc::new(OnceLock::new());
        let slot = Arc::downgrade(&publication);
        let board = Board::new(move |board| {
            // A script runs even if no other process can see it.
            if let (Some(slot), Ok(started)) = (slot.upgrade(), Publication::start(&script, board.clone())) {
                let _ = slot.set(started);
            }
        });
        Self { board, _publication: publication }
    }

    /// Returns the board.
    pub fn board(&self) -> Board {
        self.board.clone()
    }
}
