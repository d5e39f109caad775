//! Variables of the environment that programs run, or load code by.

use super::language::Language;

/// Variables that a shell reads as code, or programs as a command line.
const RUN: &[&str] = &[
    "BROWSER",
    "DIFFPROG",
    "EDITOR",
    "FCEDIT",
    "FZF_ALT_C_COMMAND",
    "FZF_CTRL_T_COMMAND",
    "FZF_DEFAULT_COMMAND",
    "GIT_EDITOR",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH_COMMAND",
    "HGEDITOR",
    "LESSCLOSE",
    "LESSOPEN",
    "MANPAGER",
    "PAGER",
    "PROMPT_COMMAND",
    "PS4",
    "SUDO_EDITOR",
    "SVN_EDITOR",
    "SYSTEMD_EDITOR",
    "SYSTEMD_PAGER",
    "VISUAL",
];

/// Variables that name a program, with or without arguments that are split at blanks.
const COMMANDS: &[&str] = &[
    "CVS_RSH",
    "GIT_ASKPASS",
    "GIT_SSH",
    "RSYNC_CONNECT_PROG",
    "RSYNC_RSH",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "SVN_SSH",
    "TAR_RSH",
];

/// Variables whose text is options or code, or names a file that is loaded.
const LOADED: &[&str] = &[
    "BASH_ENV",
    "CURL_HOME",
    "ENV",
    "EXINIT",
    "GCONV_PATH",
    "GIT_CONFIG",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GREP_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LD_AUDIT",
    "LD_PRELOAD",
    "LESS",
    "LUA_INIT",
    "MAKEFLAGS",
    "NODE_OPTIONS",
    "OPENSSL_CONF",
    "PERL5DB",
    "PERL5OPT",
    "PYTHONSTARTUP",
    "RUBYOPT",
    "TAR_OPTIONS",
    "VIMINIT",
    "_JAVA_OPTIONS",
];

/// How programs take the value of a variable; none where it is data.
pub fn find(name: &str) -> Option<Language> {
    let is_in = |list: &[&str]| list.contains(&name);
    if is_in(RUN) {
        Some(Language::Sh)
    } else if is_in(COMMANDS) {
        Some(Language::Command)
    } else if is_in(LOADED)
        || name.starts_with("BASH_FUNC_")
        || name.starts_with("GIT_CONFIG_")
        || name.starts_with("DYLD_INSERT")
    {
        Some(Language::Loaded)
    } else {
        None
    }
}

/// All of them.
#[cfg(test)]
pub fn names() -> impl Iterator<Item = &'static str> {
    [RUN, COMMANDS, LOADED].into_iter().flatten().copied()
}
