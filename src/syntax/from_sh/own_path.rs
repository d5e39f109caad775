//! Rewrites `$0`, and the directory and name that scripts derive from it.

use super::Rewriter;

/// The directory of the script, as an absolute path.
const ABSOLUTE: &[&str] = &[
    "$(cd \"$(dirname \"$0\")\" && pwd)",
    "$(cd \"$(dirname \"$0\")\" && pwd -P)",
    "$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)",
    "$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd -P)",
    "$(cd -- \"$(dirname -- \"${BASH_SOURCE[0]}\")\" && pwd)",
    "$(cd -- \"$(dirname -- \"${BASH_SOURCE[0]}\")\" &> /dev/null && pwd)",
    "$(cd \"$(dirname \"$0\")\"; pwd)",
    "$(dirname \"$(readlink -f \"$0\")\")",
    "$(dirname \"$(realpath \"$0\")\")",
    "$(dirname \"$0\")",
    "$(dirname $0)",
    "$(dirname -- \"$0\")",
    "$(dirname \"${BASH_SOURCE[0]}\")",
    "${0%/*}",
];

const NAMES: &[&str] = &["$(basename \"$0\")", "$(basename $0)", "$(basename -- \"$0\")", "${0##*/}"];

/// The script itself.
const WHOLE: &[&str] = &["${BASH_SOURCE[0]}", "$BASH_SOURCE", "$0", "${0}"];

impl Rewriter<'_> {
    /// Rewrites the path of the script, or its directory or name. Returns whether there was one.
    pub(super) fn own_path(&mut self) -> bool {
        if !self.names.is_script() {
            return false;
        }
        let rest = self.rest();
        let kinds = [(ABSOLUTE, ".dirname()"), (NAMES, ".basename()"), (WHOLE, "")];
        for (spellings, method) in kinds {
            if let Some(spelling) = spellings.iter().find(|spelling| rest.starts_with(**spelling)) {
                self.at += spelling.len();
                self.out += &format!("$[script_path(){method}]");
                return true;
            }
        }
        false
    }
}
