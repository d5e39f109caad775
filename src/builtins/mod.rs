//! The builtin commands: a closed table.
pub struct Builtin { pub name: &'static str, pub refuse: Option<fn(&[Option<std::borrow::Cow<'_, str>>]) -> Option<(usize, Refusal)>> }
pub struct Refusal { pub code: crate::diag::Code, pub message: String, pub help: String }
impl std::fmt::Debug for Builtin { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name) } }
pub fn find(_name: &str) -> Option<&'static Builtin> { None }
