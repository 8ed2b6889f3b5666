//! The rules of ARCHITECTURE.md as tests: floors, sizes, module docs, named paths, nothing left open.
//!
//! Reads the tree as plain text; knows no compiler. Every failure lists all offenders as `file:line: what`.

mod source_text;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use source_text::{Function, crate_paths, functions, line_of, without_comments, without_texts, words};

/// One module of `src/`: its floor, neighbours of the same floor that it may name, and words that its code must not hold.
struct Module {
    name: &'static str,
    floor: u8,
    neighbours: &'static [&'static str],
    forbidden: &'static [&'static str],
}

/// The floors of ARCHITECTURE.md. A file names only modules of lower floors, its own, and its `neighbours`.
const MODULES: &[Module] = &[
    Module { name: "schema", floor: 0, neighbours: &[], forbidden: &["std::fs", "std::thread", "polars", "rayon", "serde_json"] },
    Module { name: "decode", floor: 1, neighbours: &[], forbidden: &["std::fs", "std::thread", "polars", "rayon", "serde_json"] },
    Module { name: "source", floor: 1, neighbours: &[], forbidden: &["polars", "rayon", "serde_json"] },
    Module { name: "notify", floor: 1, neighbours: &[], forbidden: &["std::fs", "polars", "rayon", "serde_json", "clap"] },
    Module { name: "rollup", floor: 2, neighbours: &[], forbidden: &["std::fs", "std::thread", "polars", "rayon", "serde_json"] },
    Module { name: "enrich", floor: 3, neighbours: &[], forbidden: &["std::fs", "polars", "clap"] },
    Module { name: "store", floor: 3, neighbours: &[], forbidden: &["clap"] },
    Module { name: "aggregate", floor: 4, neighbours: &[], forbidden: &["std::fs", "clap"] },
    Module { name: "detect", floor: 5, neighbours: &[], forbidden: &["std::fs", "polars", "clap", "SystemTime", "Instant"] },
    Module { name: "report", floor: 6, neighbours: &[], forbidden: &["std::fs", "polars", "clap", "SystemTime", "Instant"] },
    Module { name: "app", floor: 7, neighbours: &["sample"], forbidden: &["clap"] },
    Module { name: "sample", floor: 7, neighbours: &[], forbidden: &["clap", "SystemTime", "Instant"] },
    Module { name: "cli", floor: 8, neighbours: &[], forbidden: &[] },
];

/// Most lines of a source file, and of a function from `fn` to its closing brace.
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// A file of the tree: its path from the root with `/`, its text, and its text without comments and literals.
struct SourceFile {
    path: String,
    text: String,
    code: String,
}

impl SourceFile {
    /// The module of `src/` it belongs to; `None` for `lib.rs`, `main.rs` and everything outside `src/`.
    fn module(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(module, _)| module)
    }

    /// Its code before the first test module; empty for files of tests.
    fn code_outside_tests(&self) -> &str {
        if self.path.ends_with("/tests.rs") || self.path.ends_with("_tests.rs") || self.path.contains("/tests/") {
            return "";
        }
        let tests = ["#[cfg(test)]\nmod ", "#[cfg(test)]\n#["].into_iter().filter_map(|start| self.code.find(start)).min();
        &self.code[..tests.unwrap_or(self.code.len())]
    }

    fn at(&self, offset: usize) -> String {
        format!("{}:{}", self.path, line_of(&self.code, offset))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder` for which `keep` holds, sorted; folders that are made by tools are skipped.
fn files_under(folder: &str, keep: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(root().join(folder))
        .into_iter()
        .filter_entry(|entry| !["target", ".git", "corpus", "artifacts"].iter().any(|name| entry.file_name() == *name))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && keep(entry.path()))
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("the file lies in the tree");
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Every Rust file of `folders`.
fn sources(folders: &[&str]) -> Vec<SourceFile> {
    let is_rust = |path: &Path| path.extension().is_some_and(|extension| extension == "rs");
    let files: Vec<SourceFile> = folders
        .iter()
        .flat_map(|folder| files_under(folder, &is_rust))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file is UTF-8 text");
            SourceFile { path: relative(&path), code: without_texts(&text), text }
        })
        .collect();
    assert!(!files.is_empty(), "no source under {folders:?}");
    files
}

/// Fails with every offender, one a line.
fn assert_none(rule: &str, offenders: &[String]) {
    let mut message = String::new();
    for offender in offenders {
        let _ = write!(message, "\n  {offender}");
    }
    assert!(offenders.is_empty(), "{rule}:{message}");
}

fn module_named(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.name == name)
}

/// Why `from` must not name `to`; `None` if it may.
fn refusal(from: &Module, to: &str) -> Option<String> {
    match module_named(to) {
        None => Some(format!("names crate::{to}, which is no floor")),
        Some(target) if target.floor < from.floor || target.name == from.name || from.neighbours.contains(&to) => None,
        Some(target) => Some(format!("{} (floor {}) names crate::{to} (floor {})", from.name, from.floor, target.floor)),
    }
}

#[test]
fn a_file_names_only_modules_of_lower_floors() {
    let mut offenders = Vec::new();
    for file in sources(&["src"]) {
        match file.module() {
            Some(name) => match module_named(name) {
                Some(module) => {
                    for (offset, target) in crate_paths(&file.code, "crate") {
                        offenders.extend(refusal(module, target).map(|why| format!("{}: {why}", file.at(offset))));
                    }
                }
                None => offenders.push(format!("{}: module {name} stands on no floor", file.path)),
            },
            None if file.path == "src/main.rs" => {
                for (offset, target) in crate_paths(&file.code, "azflow").filter(|(_, target)| *target != "cli") {
                    offenders.push(format!("{}: main names azflow::{target}", file.at(offset)));
                }
            }
            None => {}
        }
    }
    assert_none("a file names only modules of lower floors (tests/it/architecture.rs, MODULES)", &offenders);
}

#[test]
fn nobody_climbs_out_of_a_module_through_super() {
    let mut offenders = Vec::new();
    for file in sources(&["src"]) {
        let Some(own) = file.module() else { continue };
        for (offset, target) in crate_paths(&file.code, "super") {
            let beside = [format!("src/{own}/{target}.rs"), format!("src/{own}/{target}")];
            if target != own && module_named(target).is_some() && !beside.iter().any(|path| root().join(path).exists()) {
                offenders.push(format!("{}: super::{target}; write crate::{target}", file.at(offset)));
            }
        }
    }
    assert_none("other modules are named through crate::", &offenders);
}

#[test]
fn a_floor_does_not_know_what_it_must_not_know() {
    let mut offenders = Vec::new();
    for file in sources(&["src"]) {
        let Some(module) = file.module().and_then(module_named) else { continue };
        for word in module.forbidden {
            for offset in words(file.code_outside_tests(), word) {
                offenders.push(format!("{}: {} must not know {word}", file.at(offset), module.name));
            }
        }
    }
    assert_none("forbidden knowledge (tests/it/architecture.rs, MODULES)", &offenders);
}

#[test]
fn only_the_command_line_prints() {
    let mut offenders = Vec::new();
    for file in sources(&["src"]).iter().filter(|file| file.module() != Some("cli")) {
        for printer in ["println!", "eprintln!", "print!", "eprint!", "dbg!"] {
            for offset in words(file.code_outside_tests(), printer) {
                offenders.push(format!("{}: {printer}", file.at(offset)));
            }
        }
    }
    assert_none("only src/cli prints", &offenders);
}

#[test]
fn files_have_at_most_500_lines() {
    let is_page = |path: &Path| {
        path.extension().and_then(|extension| extension.to_str()).is_some_and(|e| ["html", "css", "js"].contains(&e))
    };
    let rust = sources(&["src", "tests", "benches", "fuzz"]).into_iter().map(|file| (file.path, file.text));
    let pages = files_under("src", &is_page).into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a page is UTF-8 text");
        (relative(&path), text)
    });
    let offenders: Vec<String> = rust
        .chain(pages)
        .filter(|(_, text)| text.lines().count() > FILE_LINES_MAX)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    assert_none("files have at most 500 lines", &offenders);
}

#[test]
fn functions_have_at_most_70_lines() {
    let mut offenders = Vec::new();
    for file in sources(&["src", "tests", "benches", "fuzz"]) {
        for Function { name, line, lines } in functions(&file.code) {
            if lines > FUNCTION_LINES_MAX {
                offenders.push(format!("{}:{line}: {name} has {lines} lines", file.path));
            }
        }
    }
    assert_none("functions have at most 70 lines", &offenders);
}

#[test]
fn every_file_says_first_what_it_is() {
    let offenders: Vec<String> = sources(&["src", "tests", "benches", "fuzz"])
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert_none("every file begins with `//! ` and what it is", &offenders);
}

#[test]
fn nothing_is_left_open() {
    // Written in pieces, so that this file does not find itself.
    let notes = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let mut offenders = Vec::new();
    for file in sources(&["src", "tests", "benches", "fuzz"]) {
        for word in ["todo!", "unimplemented!"] {
            offenders.extend(words(&file.code, word).map(|offset| format!("{}: {word}", file.at(offset))));
        }
        offenders.extend(file.code.match_indices("#[ignore").map(|(offset, found)| format!("{}: {found}", file.at(offset))));
        for note in &notes {
            let found = words(&file.text, note);
            offenders.extend(found.map(|offset| format!("{}:{}: {note}", file.path, line_of(&file.text, offset))));
        }
    }
    assert_none("nothing is left open", &offenders);
}

#[test]
fn conditional_compilation_lives_in_lib_rs_and_where_source_has_twins() {
    let mut offenders = Vec::new();
    for file in sources(&["src"]).iter().filter(|file| !["src/lib.rs", "src/source/mod.rs"].contains(&&*file.path)) {
        for name in ["cfg(", "cfg!(", "cfg_attr("] {
            for offset in words(file.code_outside_tests(), name) {
                let line = file.code[offset..].lines().next().unwrap_or_default();
                let condition = &line[name.len()..];
                if !["test)", "debug_assertions)"].iter().any(|allowed| condition.starts_with(allowed)) {
                    offenders.push(format!("{}: {line}", file.at(offset)));
                }
            }
        }
    }
    assert_none("conditional compilation lives in src/lib.rs and src/source/mod.rs", &offenders);
}

/// Whether a piece of `code` in a document names a path of the tree, rather than a command, a type or a pattern.
fn looks_like_a_path(code: &str, top: &[String]) -> bool {
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let first = code.split('/').next().unwrap_or_default();
    // `NAME` stands for a name to come.
    let plain = plain && !code.contains("NAME");
    plain && (top.iter().any(|name| name == first) || (!code.contains('/') && code.ends_with(".md")))
}

#[test]
fn paths_named_in_the_documents_exist() {
    let mut top: Vec<String> =
        ["src", "tests", "benches", "docs", "fuzz", ".ci", "reports", "sample-flowlogs"].map(String::from).into();
    let entries = std::fs::read_dir(root()).expect("the tree can be listed").filter_map(Result::ok);
    top.extend(entries.filter(|entry| entry.path().is_file()).map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut offenders = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "RELEASE-CHECKLIST.md", "docs/README.md"] {
        let Ok(text) = std::fs::read_to_string(root().join(document)) else { continue };
        let folder = root().join(document);
        let folder = folder.parent().expect("a file has a folder");
        for (number, line) in text.lines().enumerate() {
            let pieces = line.split('`').skip(1).step_by(2).filter(|code| looks_like_a_path(code, &top));
            for path in pieces.filter(|path| !root().join(path).exists()) {
                offenders.push(format!("{document}:{}: `{path}` does not exist", number + 1));
            }
            let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let links = links.map(|link| link.split('#').next().unwrap_or_default());
            for link in links.filter(|link| !link.contains("://") && !folder.join(link).exists()) {
                offenders.push(format!("{document}:{}: link to {link}, which does not exist", number + 1));
            }
        }
    }
    assert!(root().join("ARCHITECTURE.md").exists(), "ARCHITECTURE.md is missing");
    assert_none("paths named in the documents exist", &offenders);
}

#[test]
fn no_file_names_a_path_of_a_machine() {
    let mut places: Vec<String> = ["work", "root", "home"].iter().map(|name| format!("/{name}/")).collect();
    places.push(env!("CARGO_MANIFEST_DIR").to_owned());
    let folders = ["src", "tests", "benches", "docs", "fuzz", ".ci", "reports/sample", "sample-flowlogs"];
    let top = std::fs::read_dir(root()).expect("the tree can be listed").filter_map(Result::ok).map(|entry| entry.path());
    let files = folders
        .iter()
        .flat_map(|folder| files_under(folder, &|_| true))
        .chain(top.filter(|path| path.is_file() && !path.ends_with(".git")));
    let mut offenders = Vec::new();
    for path in files {
        let bytes = std::fs::read(&path).expect("a file of the tree can be read");
        for place in &places {
            // A path begins there: `https://host/home/` and `src/work/` are none.
            let begins =
                |at: &usize| !at.checked_sub(1).is_some_and(|b| bytes[b].is_ascii_alphanumeric() || b"._-/}".contains(&bytes[b]));
            if let Some(at) = memchr::memmem::find_iter(&bytes, place.as_bytes()).find(begins) {
                let line = 1 + memchr::memchr_iter(b'\n', &bytes[..at]).count();
                offenders.push(format!("{}:{line}: names {place}", relative(&path)));
            }
        }
    }
    assert_none("no file names a path of a machine", &offenders);
}

#[test]
fn lib_rs_declares_the_floors_and_nothing_else() {
    let text = std::fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs is UTF-8 text");
    let code = without_comments(&text);
    let declared: Vec<&str> = code.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let offenders: Vec<String> = declared
        .iter()
        .filter(|name| module_named(name).is_none())
        .map(|name| format!("src/lib.rs: {name} stands on no floor"))
        .collect();
    assert!(!declared.is_empty(), "src/lib.rs declares no module");
    assert_none("every module stands on a floor", &offenders);
}
