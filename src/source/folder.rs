//! Walks a folder of this machine at any depth.
//!
//! Goes in: a folder, and what of it is wanted. Comes out: its files, by name, each with the path that leads to its bytes
//! without links. Asks the system once per folder and once per link: the paths of files follow from those of their folders. Knows
//! nothing of what a name says, but for folders of a time that is not wanted, and nothing of a file but its name.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use super::error::SourceError;
use super::listing::{FoundFile, ListOptions};

/// The files of a folder, one after the other.
pub struct Walk {
    entries: walkdir::IntoIter,
    root: PathBuf,
    /// The folders that the walk stands in, from the root on, without links.
    folders: Vec<PathBuf>,
    matcher: Option<GlobMatcher>,
    options: ListOptions,
    /// Whether a folder was not looked into because of its time.
    pub has_passed_by: bool,
}

impl Walk {
    /// Walks `root`; with a matcher only what it matches, a file itself or a folder above it.
    pub fn new(root: &Path, matcher: Option<GlobMatcher>, options: ListOptions) -> Self {
        let entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
        Self { entries, root: root.into(), folders: Vec::new(), matcher, options, has_passed_by: false }
    }

    /// What stands here, or `None` if it is nothing to list.
    fn entry(&mut self, entry: Result<DirEntry, walkdir::Error>) -> Result<Option<FoundFile>, SourceError> {
        let (path, canonical) = match entry {
            Ok(entry) => {
                if entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".") {
                    self.leave_out(&entry);
                    return Ok(None);
                }
                let canonical = self.canonical(&entry);
                if entry.file_type().is_dir() {
                    if entry.depth() > 0 && self.options.passes_by(|| absolute(entry.path()).to_string_lossy().into_owned()) {
                        self.has_passed_by = true;
                        self.leave_out(&entry);
                    }
                    self.folders.truncate(entry.depth());
                    self.folders.push(canonical);
                    return Ok(None);
                }
                (entry.into_path(), canonical)
            }
            // A link to a folder above holds nothing new.
            Err(error) if error.loop_ancestor().is_some() => return Ok(None),
            // A link to nothing: if it is named like a blob, the reader will say so, as for any unreadable blob.
            Err(error) if error.depth() > 0 && error.path().is_some_and(Path::is_symlink) => {
                let path = error.path().unwrap_or(&self.root).to_path_buf();
                let canonical = canonical(&path);
                (path, canonical)
            }
            Err(error) => {
                let path = error.path().unwrap_or(&self.root).to_path_buf();
                return Err(SourceError::Unreadable { path, cause: error.into() });
            }
        };
        let relative = path.strip_prefix(&self.root).unwrap_or(&path);
        if self.matcher.as_ref().is_some_and(|matcher| !matches_with_folders(matcher, relative)) {
            return Ok(None);
        }
        Ok(Some(FoundFile { name: slashed(relative), path, canonical }))
    }

    fn leave_out(&mut self, entry: &DirEntry) {
        if entry.file_type().is_dir() {
            self.entries.skip_current_dir();
        }
    }

    /// Where the entry lies, by where the folder above it lies.
    fn canonical(&self, entry: &DirEntry) -> PathBuf {
        match entry.depth().checked_sub(1).and_then(|above| self.folders.get(above)) {
            Some(folder) if !entry.path_is_symlink() => folder.join(entry.file_name()),
            _ => canonical(entry.path()),
        }
    }
}

impl Iterator for Walk {
    type Item = Result<FoundFile, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = self.entries.next()?;
            match self.entry(entry) {
                Ok(None) => {}
                Ok(Some(file)) => return Some(Ok(file)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The part of a glob that stands before its first special character, and what matches below it.
pub fn glob(pattern: &str) -> Result<(PathBuf, GlobMatcher), SourceError> {
    let components = Path::new(pattern).components();
    let is_special = |component: &Component| component.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let base: PathBuf = components.clone().take_while(|c| !is_special(c)).collect();
    let rest: PathBuf = components.skip_while(|c| !is_special(c)).collect();
    let matcher = GlobBuilder::new(&slashed(&rest))
        .literal_separator(true)
        .build()
        .map_err(|cause| SourceError::BadGlob { pattern: pattern.into(), cause })?
        .compile_matcher();
    let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
    if base.is_dir() { Ok((base, matcher)) } else { Err(SourceError::Missing { path: base }) }
}

/// The absolute path without links; with links where the system does not tell.
pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| absolute(path))
}

/// The absolute path as it is given, through whatever links.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Whether the glob matches the file or a folder above it.
fn matches_with_folders(matcher: &GlobMatcher, relative: &Path) -> bool {
    relative.ancestors().filter(|path| !path.as_os_str().is_empty()).any(|path| matcher.is_match(path))
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|component| component.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
