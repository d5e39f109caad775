//! Variables by which programs load or run something, or read another configuration that does.
//!
//! A rule such as `env = ["*"]` is meant for an application's own variables. It must not hand over what git, less, tar
//! or the dynamic loader take for a command, so that these have to be named.

/// Whether a variable of this name has to be named by the rule that allows it.
///
/// `is_bare` says that the pattern begins with a wildcard: then the endings by which most of these variables can be
/// told count as well. `APP_*` allows `APP_CONFIG`; `*` does not.
pub fn has_to_be_named(name: &[u8], is_bare: bool) -> bool {
    loads_code(name)
        || is_bare && ENDINGS.iter().any(|end| name.len() > end.len() && name.ends_with(end.as_bytes()))
}

fn loads_code(name: &[u8]) -> bool {
    NAMES.iter().any(|known| known.as_bytes() == name)
        || BEGINNINGS.iter().any(|begin| name.starts_with(begin.as_bytes()))
        || ALWAYS.iter().any(|end| name.ends_with(end.as_bytes()))
}

#[rustfmt::skip]
const NAMES: &[&str] = &[
    // Shells.
    "PATH", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS0", "PS1", "PS2", "PS4", "SHELL", "CDPATH",
    "PROMPT_COMMAND", "FPATH", "ZDOTDIR", "INPUTRC", "HISTFILE", "FCEDIT", "EXECIGNORE", "GLOBIGNORE",
    // What programs start for their users.
    "PAGER", "MANPAGER", "EDITOR", "VISUAL", "BROWSER", "LESSOPEN", "LESSCLOSE", "LESS", "LESSKEYIN", "LESSKEY_SYSTEM",
    "LESSEDIT", "MORE", "MOST_EDITOR", "SYSTEMD_PAGER", "SYSTEMD_EDITOR", "SYSTEMD_LESS", "DEBIAN_FRONTEND",
    // The C library and the loader.
    "GCONV_PATH", "LOCPATH", "NLSPATH", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "TZDIR", "TERMINFO",
    "TERMINFO_DIRS", "TERMPATH", "TERMCAP", "TMPDIR", "LIBPATH", "SHLIB_PATH", "POSIXLY_CORRECT",
    // Where configuration is looked for.
    "HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS", "CURL_HOME", "WGETRC",
    "SYSTEM_WGETRC", "NETRC", "SCREENRC", "NANORC", "PSQLRC", "PGSERVICEFILE", "PGSYSCONFDIR", "MYSQL_HOME",
    "RIPGREP_CONFIG_PATH", "HGRCPATH", "KUBECONFIG", "DOCKER_CONFIG", "DOCKER_HOST", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "ANSIBLE_CONFIG", "KRB5_CONFIG", "GNUPGHOME", "MAILCAPS", "MAILRC", "TF_CLI_CONFIG_FILE",
    "GDBHISTFILE", "R_ENVIRON", "R_PROFILE", "R_ENVIRON_USER", "R_PROFILE_USER", "GROFF_TMAC_PATH", "MANPATH",
    // Editors.
    "VIMINIT", "GVIMINIT", "EXINIT", "VIM", "VIMRUNTIME", "MYVIMRC", "NVIM_APPNAME", "EMACSLOADPATH", "EMACSDATA",
    // Archives and transfers.
    "TAR_OPTIONS", "TAPE", "RSH", "CVS_RSH", "SVN_SSH", "SVN_EDITOR", "HGMERGE", "HGEDITOR", "BZR_SSH", "DARCS_SSH",
    "ZIPOPT", "UNZIP", "GZIP", "XZ_OPT", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_SK_PROVIDER", "SUDO_ASKPASS",
    "SUDO_EDITOR",
    // Compilers and build tools.
    "MAKEFLAGS", "MAKEFILES", "GNUMAKEFLAGS", "MFLAGS", "CC", "CXX", "CPP", "LD", "AS", "AR", "CFLAGS", "CXXFLAGS",
    "CPPFLAGS", "LDFLAGS", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH",
    "GCC_EXEC_PREFIX", "M4PATH", "ACLOCAL_PATH", "CMAKE_TOOLCHAIN_FILE", "MAVEN_ARGS",
    // Languages.
    "AWKPATH", "AWKLIBPATH", "CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_HOME",
    "TCLLIBPATH", "TCL_LIBRARY", "GUILE_LOAD_PATH", "ERL_LIBS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_FLAGS", "OCAMLPATH",
    "CAML_LD_LIBRARY_PATH", "GHCRTS", "SASL_PATH", "JQ_LIBRARY_PATH", "MYPYPATH", "VIRTUAL_ENV",
    "MONO_PATH", "R_LIBS", "R_LIBS_USER", "R_HOME",
    // Libraries that load modules.
    "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE", "PKCS11_MODULE_PATH", "GIO_EXTRA_MODULES",
    "GIO_MODULE_DIR", "GSETTINGS_SCHEMA_DIR", "GST_PLUGIN_PATH", "ALSA_CONFIG_PATH", "MAGICK_CONFIGURE_PATH",
    "GIMP2_DIRECTORY", "GTK_MODULES", "GTK_PATH", "VDPAU_DRIVER_PATH", "LIBGL_DRIVERS_PATH", "OCL_ICD_VENDORS",
];

const BEGINNINGS: &[&str] = &[
    "LD_",
    "DYLD_",
    "BASH_FUNC",
    "PYTHON",
    "PERL",
    "RUBY",
    "GEM_",
    "BUNDLE_",
    "LUA_",
    "PHP",
    "GIT_",
    "GLIBC_",
    "MALLOC_",
    "CARGO",
    "RUST",
    "npm_",
    "NPM_",
    "YARN_",
    "NODE_",
    "DENO_",
    "BUN_",
    "GO",
    "CGO_",
    "JULIA_",
    "RSYNC_",
    "FZF_",
    "PARALLEL",
    "QT_",
    "VK_",
    "NIX_",
    "GUIX_",
    "PIP_",
    "UV_",
    "CONDA_",
    "HELM_",
    "KUBE_",
    "PKG_CONFIG",
    "CCACHE_",
    "DISTCC_",
    "PSQL_",
    "SYSTEMD_SSH",
    "BAT_",
    "WINE",
];

/// Endings of which each is a command, whatever the program.
const ALWAYS: &[&str] = &["_PAGER", "_EDITOR", "_ASKPASS", "_SHELL", "_PRELOAD"];

/// Endings of options, commands and files of configuration.
const ENDINGS: &[&str] = &[
    "_OPTIONS",
    "_OPTS",
    "_FLAGS",
    "_ARGS",
    "_COMMAND",
    "_CMD",
    "_RSH",
    "_SSH",
    "_HOOK",
    "_HOOKS",
    "_CONFIG",
    "_CONF",
    "_CONFIG_FILE",
    "_CONFIG_PATH",
    "_CONFIG_DIR",
    "_LIBRARY_PATH",
    "_PLUGIN_PATH",
    "_PLUGINS",
    "_MODULE_PATH",
    "_MODULES",
    "_INIT",
    "_STARTUP",
    "_PROXY_COMMAND",
    "_WRAPPER",
    "_LOADER",
    "_BROWSER",
    "_TERMINAL",
    "RC",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_load_or_run_has_to_be_named() {
        for name in [
            "PATH",
            "LD_PRELOAD",
            "TAR_OPTIONS",
            "VIMINIT",
            "OPENSSL_CONF",
            "RSYNC_RSH",
            "KUBECONFIG",
            "GIT_SSH_COMMAND",
            "GIT_EXEC_PATH",
            "PAGER",
            "AWS_PAGER",
            "KUBE_EDITOR",
            "LESSOPEN",
            "NODE_OPTIONS",
            "GOFLAGS",
            "HOME",
        ] {
            assert!(has_to_be_named(name.as_bytes(), false), "{name}");
        }
        for name in
            ["LANG", "LC_ALL", "TZ", "APP_MODE", "DEBUG", "PORT", "API_KEY", "USER", "TERM", "http_proxy"]
        {
            assert!(!has_to_be_named(name.as_bytes(), true), "{name}");
        }
    }

    #[test]
    fn endings_count_for_patterns_that_begin_with_a_wildcard() {
        for name in ["MAVEN_OPTS", "SOME_TOOL_CONFIG", "X_PLUGIN_PATH", "IRBRC"] {
            assert!(
                has_to_be_named(name.as_bytes(), true) && !has_to_be_named(name.as_bytes(), false),
                "{name}"
            );
        }
    }
}
