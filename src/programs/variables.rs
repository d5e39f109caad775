//! The variables by which programs run or load something, or find configuration that does.
//!
//! One table has two users. The code guard refuses values in variables that are code. A policy needs a rule that
//! names each of them: a rule such as `env = ["*"]` is meant for an application's own variables, and must not cover
//! variables that git, less, tar or the dynamic loader interpret as commands.

use super::language::Language;

/// The use that programs make of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its value is code: a command line, a program, or options by which programs run or load code.
    Code(Language),
    /// It determines where programs look for other programs, modules and configuration, or how they do it.
    Place,
    /// Its name ends like the names of many variables of the other roles.
    Likely,
}

/// The variables by role; the first match counts. `NAME*` and `*NAME` match a beginning and an ending.
#[rustfmt::skip]
const TABLE: &[(Role, &[&str])] = &[
    (Role::Code(Language::Sh), &[
        "BROWSER", "DIFFPROG", "EDITOR", "FCEDIT", "FZF_ALT_C_COMMAND", "FZF_CTRL_T_COMMAND", "FZF_DEFAULT_COMMAND",
        "GIT_EDITOR", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR", "GIT_SSH_COMMAND",
        "HGEDITOR", "HGMERGE", "LESSCLOSE", "LESSEDIT", "LESSOPEN", "MANPAGER", "PAGER", "PROMPT_COMMAND", "PS4",
        "SUDO_EDITOR", "SVN_EDITOR", "SYSTEMD_EDITOR", "SYSTEMD_PAGER", "VISUAL", "*_EDITOR", "*_PAGER",
    ]),
    (Role::Code(Language::Command), &[
        "BZR_SSH", "CVS_RSH", "DARCS_SSH", "GIT_ASKPASS", "GIT_SSH", "RSYNC_CONNECT_PROG", "RSYNC_RSH", "SSH_ASKPASS",
        "SUDO_ASKPASS", "SVN_SSH", "TAR_RSH", "*_ASKPASS",
    ]),
    (Role::Code(Language::Loaded), &[
        "BASH_ENV", "CURL_HOME", "ENV", "EXINIT", "FZF_DEFAULT_OPTS", "GCONV_PATH", "GIT_CONFIG", "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "GREP_OPTIONS",
        "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "LD_AUDIT", "LD_PRELOAD", "LESS", "LUA_INIT", "MAKEFLAGS",
        "NODE_OPTIONS", "OPENSSL_CONF", "PERL5DB", "PERL5OPT", "PYTHONSTARTUP", "RUBYOPT", "TAR_OPTIONS", "VIMINIT",
        "_JAVA_OPTIONS", "BASH_FUNC_*", "DYLD_INSERT*", "GIT_CONFIG_*", "*_PRELOAD",
    ]),
    (Role::Place, &[
        // Shells.
        "PATH", "IFS", "SHELLOPTS", "BASHOPTS", "PS0", "PS1", "PS2", "SHELL", "CDPATH", "FPATH", "ZDOTDIR", "INPUTRC",
        "HISTFILE", "EXECIGNORE", "GLOBIGNORE", "BASH_FUNC*", "*_SHELL",
        // Terminals.
        "LESSKEYIN", "LESSKEY_SYSTEM", "MORE", "SYSTEMD_LESS", "DEBIAN_FRONTEND", "BAT_*", "FZF_*", "PSQL_*",
        "SYSTEMD_SSH*",
        // The C library and the loader.
        "LD_*", "DYLD_*", "GLIBC_*", "MALLOC_*", "LOCPATH", "NLSPATH", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS",
        "TZDIR", "TERMINFO", "TERMINFO_DIRS", "TERMPATH", "TERMCAP", "TMPDIR", "LIBPATH", "SHLIB_PATH",
        "POSIXLY_CORRECT",
        // Paths of configuration.
        "HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS", "WGETRC", "SYSTEM_WGETRC",
        "NETRC", "SCREENRC", "NANORC", "PSQLRC", "PGSERVICEFILE", "PGSYSCONFDIR", "MYSQL_HOME", "RIPGREP_CONFIG_PATH",
        "HGRCPATH", "KUBECONFIG", "DOCKER_CONFIG", "DOCKER_HOST", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
        "ANSIBLE_CONFIG", "KRB5_CONFIG", "GNUPGHOME", "MAILCAPS", "MAILRC", "TF_CLI_CONFIG_FILE", "GDBHISTFILE",
        "R_ENVIRON", "R_PROFILE", "R_ENVIRON_USER", "R_PROFILE_USER", "GROFF_TMAC_PATH", "MANPATH", "HELM_*", "KUBE_*",
        // Editors.
        "GVIMINIT", "VIM", "VIMRUNTIME", "MYVIMRC", "NVIM_APPNAME", "EMACSLOADPATH", "EMACSDATA",
        // Archives and transfers.
        "TAPE", "RSH", "RSYNC_*", "ZIPOPT", "UNZIP", "GZIP", "XZ_OPT", "SSH_ASKPASS_REQUIRE", "SSH_SK_PROVIDER",
        // Compilers and build tools.
        "MAKEFILES", "GNUMAKEFLAGS", "MFLAGS", "CC", "CXX", "CPP", "LD", "AS", "AR", "CFLAGS", "CXXFLAGS", "CPPFLAGS",
        "LDFLAGS", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX",
        "M4PATH", "ACLOCAL_PATH", "CMAKE_TOOLCHAIN_FILE", "MAVEN_ARGS", "CCACHE_*", "DISTCC_*", "PKG_CONFIG*",
        "PARALLEL*", "GIT_*",
        // Languages.
        "AWKPATH", "AWKLIBPATH", "CLASSPATH", "JAVA_HOME", "TCLLIBPATH", "TCL_LIBRARY", "GUILE_LOAD_PATH", "ERL_LIBS",
        "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_FLAGS", "OCAMLPATH", "CAML_LD_LIBRARY_PATH", "GHCRTS", "JQ_LIBRARY_PATH",
        "MYPYPATH", "VIRTUAL_ENV", "MONO_PATH", "R_LIBS", "R_LIBS_USER", "R_HOME", "PYTHON*", "PERL*", "RUBY*", "GEM_*",
        "BUNDLE_*", "LUA_*", "PHP*", "CARGO*", "RUST*", "npm_*", "NPM_*", "YARN_*", "NODE_*", "DENO_*", "BUN_*", "GO*",
        "CGO_*", "JULIA_*", "PIP_*", "UV_*", "CONDA_*", "NIX_*", "GUIX_*",
        // Libraries that load modules.
        "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE", "SASL_PATH", "PKCS11_MODULE_PATH", "GIO_EXTRA_MODULES",
        "GIO_MODULE_DIR", "GSETTINGS_SCHEMA_DIR", "GST_PLUGIN_PATH", "ALSA_CONFIG_PATH", "MAGICK_CONFIGURE_PATH",
        "GIMP2_DIRECTORY", "GTK_MODULES", "GTK_PATH", "VDPAU_DRIVER_PATH", "LIBGL_DRIVERS_PATH", "OCL_ICD_VENDORS",
        "QT_*", "VK_*", "WINE*",
    ]),
    (Role::Likely, &[
        "*_OPTIONS", "*_OPTS", "*_FLAGS", "*_ARGS", "*_COMMAND", "*_CMD", "*_RSH", "*_SSH", "*_HOOK", "*_HOOKS",
        "*_CONFIG", "*_CONF", "*_CONFIG_FILE", "*_CONFIG_PATH", "*_CONFIG_DIR", "*_LIBRARY_PATH", "*_PLUGIN_PATH",
        "*_PLUGINS", "*_MODULE_PATH", "*_MODULES", "*_INIT", "*_STARTUP", "*_PROXY_COMMAND", "*_WRAPPER", "*_LOADER",
        "*_BROWSER", "*_TERMINAL", "*RC",
    ]),
];

/// Returns the role of a variable; none if it is data for programs.
pub fn role(name: &[u8]) -> Option<Role> {
    TABLE.iter().find(|(_, names)| names.iter().any(|known| fits(known, name))).map(|(role, _)| *role)
}

/// Returns the language of a variable's value; none where it isn't code.
pub fn find(name: &str) -> Option<Language> {
    match role(name.as_bytes())? {
        Role::Code(language) => Some(language),
        Role::Place | Role::Likely => None,
    }
}

fn fits(known: &str, name: &[u8]) -> bool {
    if let Some(ending) = known.strip_prefix('*') {
        return name.len() > ending.len() && name.ends_with(ending.as_bytes());
    }
    match known.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning.as_bytes()),
        None => name == known.as_bytes(),
    }
}

/// Returns a name for each row of code.
#[cfg(test)]
pub fn names_of_code() -> impl Iterator<Item = String> {
    let code = TABLE.iter().filter(|(role, _)| matches!(role, Role::Code(_)));
    code.flat_map(|(_, names)| *names).map(|known| known.replace('*', "X"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_appears_once() {
        let mut all: Vec<&str> = TABLE.iter().flat_map(|(_, names)| *names).copied().collect();
        all.sort_unstable();
        let twice: Vec<&[&str]> = all.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn variables_that_programs_run_are_code() {
        for (name, language) in [
            ("GIT_SSH_COMMAND", Language::Sh),
            ("KUBE_EDITOR", Language::Sh),
            ("AWS_PAGER", Language::Sh),
            ("RSYNC_RSH", Language::Command),
            ("LD_PRELOAD", Language::Loaded),
            ("BASH_FUNC_ls%%", Language::Loaded),
        ] {
            assert_eq!(role(name.as_bytes()), Some(Role::Code(language)), "{name}");
        }
    }

    #[test]
    fn variables_by_which_programs_look_for_something_are_places() {
        for name in
            ["PATH", "LD_LIBRARY_PATH", "KUBECONFIG", "GIT_DIR", "GOFLAGS", "HOME", "CC", "NPM_X_SHELL"]
        {
            assert_eq!(role(name.as_bytes()), Some(Role::Place), "{name}");
        }
    }

    #[test]
    fn endings_are_likely() {
        for name in ["MAVEN_OPTS", "SOME_TOOL_CONFIG", "X_PLUGIN_PATH", "IRBRC"] {
            assert_eq!(role(name.as_bytes()), Some(Role::Likely), "{name}");
        }
    }

    #[test]
    fn an_applications_own_variables_are_data() {
        for name in [
            "LANG",
            "LC_ALL",
            "TZ",
            "APP_MODE",
            "DEBUG",
            "PORT",
            "API_KEY",
            "USER",
            "TERM",
            "http_proxy",
            "RC",
        ] {
            assert_eq!(role(name.as_bytes()), None, "{name}");
        }
    }
}
