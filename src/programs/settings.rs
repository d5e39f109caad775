//! Settings in the form `key=value`: the keys whose values programs run.

use super::language::Language;

/// Returns the language of a git configuration value; none if it is data.
pub fn git_key(key: &str) -> Option<Language> {
    let key = key.to_ascii_lowercase();
    let (section, name) =
        (key.split('.').next().unwrap_or_default(), key.rsplit('.').next().unwrap_or_default());
    let runs = match section {
        "alias" | "pager" | "include" | "includeif" => true,
        "core" => matches!(
            name,
            "sshcommand"
                | "editor"
                | "pager"
                | "fsmonitor"
                | "hookspath"
                | "askpass"
                | "gitproxy"
                | "alternaterefscommand"
        ),
        "sequence" => name == "editor",
        "credential" => name == "helper",
        "diff" => matches!(name, "external" | "command" | "textconv"),
        "difftool" | "mergetool" | "man" | "browser" => matches!(name, "cmd" | "path"),
        "filter" => matches!(name, "clean" | "smudge" | "process"),
        "merge" => name == "driver",
        "gpg" => name == "program" || name == "defaultkeycommand",
        "interactive" => name == "difffilter",
        "remote" => matches!(name, "uploadpack" | "receivepack" | "vcs"),
        "sendemail" => name.ends_with("cmd") || name == "smtpserver",
        "submodule" => name == "update",
        "trailer" => matches!(name, "command" | "cmd"),
        "uploadpack" => name == "packobjectshook",
        "url" => matches!(name, "insteadof" | "pushinsteadof"),
        "init" => name == "templatedir",
        "protocol" => name == "allow",
        "imap" => name == "tunnel",
        "web" => name == "browser",
        _ => false,
    };
    let is_shell =
        !matches!(section, "include" | "includeif" | "gpg" | "url" | "init" | "protocol" | "submodule")
            && !matches!(name, "hookspath" | "askpass" | "path" | "vcs");
    runs.then_some(if is_shell { Language::Sh } else { Language::Command })
}

/// Returns the language of the value of an option of ssh; none if it is data.
pub fn ssh_key(key: &str) -> Option<Language> {
    const SHELL: &[&str] = &["proxycommand", "localcommand", "knownhostscommand", "remotecommand"];
    const LOADED: &[&str] = &["include", "pkcs11provider", "securitykeyprovider", "xauthlocation"];
    let key = key.trim().to_ascii_lowercase();
    if SHELL.contains(&key.as_str()) {
        return Some(Language::Sh);
    }
    LOADED.contains(&key.as_str()).then_some(Language::Command)
}

/// Returns the language of the value of an option of apt; none if it is data.
pub fn apt_key(key: &str) -> Option<Language> {
    const HOOKS: &[&str] =
        &["pre-invoke", "post-invoke", "post-invoke-success", "post-invoke-stats", "pre-install-pkgs"];
    const PROGRAMS: &[&str] = &["proxyautodetect", "proxy-auto-detect", "gpgvcommand", "solver", "planner"];
    let key = key.trim().to_ascii_lowercase();
    let name = key.split("::").filter(|part| !part.is_empty()).last()?;
    if HOOKS.contains(&name) || key.contains("::pre-invoke::") || key.contains("::post-invoke::") {
        return Some(Language::Sh);
    }
    let runs = PROGRAMS.contains(&name) || key.starts_with("dir::bin") || key.starts_with("dpkg::options");
    runs.then_some(Language::Command)
}

/// Returns the two sides of `key=value`; for ssh, a blank may be between them.
pub fn assignment(text: &[u8], blank: bool) -> Option<(&str, usize)> {
    let is_sign = |byte: &u8| *byte == b'=' || blank && byte.is_ascii_whitespace();
    let at = text.iter().position(is_sign)?;
    Some((std::str::from_utf8(&text[..at]).ok()?, at + 1))
}
