//! The folder a report is written into: it appears whole, or not at all.
//!
//! Goes in: relative names and bytes, at once or through a file. Comes out: the folder, with each file put in place by a rename.
//! Never deletes what azflow did not write.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::app::export;

/// Where files of an earlier report may be stale.
struct Stale {
    folder: &'static str,
    /// Whether azflow names its files there like this, told by the name without its ending.
    is_own: fn(&str) -> bool,
    endings: &'static [&'static str],
}

static STALE: &[Stale] = &[
    Stale { folder: "charts", is_own: is_plain, endings: &["svg", "png"] },
    Stale { folder: "tables", is_own: is_plain, endings: &["csv"] },
    Stale { folder: export::FOLDER, is_own: |stem| export::STEMS.contains(&stem), endings: &["csv", "parquet"] },
];

/// A folder under construction. Dropped without [`OutputFolder::commit`], it leaves nothing.
#[derive(Debug)]
pub struct OutputFolder {
    /// Where it shall appear.
    target: PathBuf,
    /// Holds the files until then, on the same file system.
    temporary: TempDir,
}

impl OutputFolder {
    /// Prepares `path`, so that a folder that cannot be written is known before the long work.
    ///
    /// Files wait inside the folder if it exists (what lies around it may be read-only), beside it otherwise.
    pub fn create(path: &Path) -> Result<Self> {
        let context = || format!("cannot write into {}", path.display());
        ensure!(!path.as_os_str().is_empty(), "cannot write the output: the folder has an empty name");
        let exists = path.exists();
        let (target, place) = if exists {
            ensure!(path.is_dir(), "cannot write into {}: it is not a folder", path.display());
            for Stale { folder, .. } in STALE {
                let own = path.join(folder);
                ensure!(!own.exists() || own.is_dir(), "cannot write into {}: it is not a folder", own.display());
            }
            let target = path.canonicalize().with_context(context)?;
            (target.clone(), target)
        } else {
            let target = std::path::absolute(path).with_context(context)?;
            let parent = target.parent().with_context(context)?.to_path_buf();
            fs::create_dir_all(&parent).with_context(context)?;
            (target, parent)
        };
        let temporary = tempfile::Builder::new().prefix(".azflow-").tempdir_in(place).with_context(context)?;
        let folder = Self { target, temporary };
        // The temporary folder itself is private; this one has the usual permissions, and becomes the target.
        fs::create_dir(folder.content()).with_context(context)?;
        Ok(folder)
    }

    /// Writes one file; `relative` is its name inside the folder, separated by `/`. Folders are made as needed.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> Result<()> {
        let context = || format!("cannot write {relative} for {}", self.target.display());
        self.create_file(relative)?.write_all(bytes).with_context(context)
    }

    /// Begins a file that is too large to be held; its name is as in [`OutputFolder::write`].
    pub fn create_file(&self, relative: &str) -> Result<fs::File> {
        let is_inside = !relative.is_empty() && Path::new(relative).components().all(|c| matches!(c, Component::Normal(_)));
        ensure!(is_inside, "cannot write {relative}: it lies outside the output folder");
        let path = self.content().join(relative);
        let context = || format!("cannot write {relative} for {}", self.target.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        fs::File::create(&path).with_context(context)
    }

    /// Puts the files in place.
    ///
    /// A new folder appears at once. In an existing one each file is replaced at once, those at the top last; then the
    /// tables, charts and exports of an earlier report that this one does not have are removed. Everything else stays.
    pub fn commit(self) -> Result<()> {
        if !self.target.exists() {
            let context = || format!("cannot write {}", self.target.display());
            return fs::rename(self.content(), &self.target).with_context(context);
        }
        let had_report = is_report(&self.target);
        let mut files = self.files(Path::new(""))?;
        files.sort_by_key(|file| (std::cmp::Reverse(file.components().count()), file.clone()));
        for file in &files {
            let target = self.target.join(file);
            let context = || format!("cannot write {}", target.display());
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent).with_context(context)?;
            }
            fs::rename(self.content().join(file), &target).with_context(context)?;
        }
        if had_report {
            self.remove_stale(&files.into_iter().collect())?;
        }
        Ok(())
    }

    /// A folder on the same file system for what is to be gone when this is.
    pub fn scratch(&self) -> &Path {
        self.temporary.path()
    }

    fn content(&self) -> PathBuf {
        self.temporary.path().join("report")
    }

    /// The files written so far, relative.
    fn files(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let context = || format!("cannot write {}", self.target.display());
        for entry in fs::read_dir(self.content().join(folder)).with_context(context)? {
            let entry = entry.with_context(context)?;
            let relative = folder.join(entry.file_name());
            if entry.file_type().with_context(context)?.is_dir() {
                files.extend(self.files(&relative)?);
            } else {
                files.push(relative);
            }
        }
        Ok(files)
    }

    fn remove_stale(&self, written: &BTreeSet<PathBuf>) -> Result<()> {
        for Stale { folder, is_own, endings } in STALE {
            let Ok(entries) = fs::read_dir(self.target.join(folder)) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                let is_stale = name
                    .to_str()
                    .and_then(|name| name.split_once('.'))
                    .is_some_and(|(stem, ending)| is_own(stem) && endings.contains(&ending));
                if is_file && is_stale && !written.contains(&Path::new(folder).join(&name)) {
                    let path = entry.path();
                    fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a file is named as azflow names its tables and charts.
fn is_plain(stem: &str) -> bool {
    !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether the folder holds a report of azflow: only then may anything in it be stale.
fn is_report(folder: &Path) -> bool {
    let mut start = Vec::new();
    let Ok(file) = fs::File::open(folder.join("summary.json")) else { return false };
    // `azflow_version` is the second key.
    file.take(4_096).read_to_end(&mut start).is_ok() && String::from_utf8_lossy(&start).contains("\"azflow_version\"")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SUMMARY: &[u8] = b"{\"schema_version\": 1, \"azflow_version\": \"0.1.0\"}";

    fn names(folder: &Path) -> Vec<String> {
        let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
        let files = walk.filter(|entry| entry.file_type().is_file());
        files.map(|entry| entry.path().strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/")).collect()
    }

    #[test]
    fn a_new_folder_appears_whole_when_committed() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("a/b");
        let out = OutputFolder::create(&target).unwrap();
        out.write("tables/x.csv", b"1").unwrap();
        assert!(!target.exists());
        out.commit().unwrap();
        assert_eq!(names(root.path()), ["a/b/tables/x.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_has_the_permissions_of_any_other() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        OutputFolder::create(&root.path().join("out")).unwrap().commit().unwrap();
        fs::create_dir(root.path().join("other")).unwrap();
        let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("out"), mode("other"));
    }

    #[test]
    fn a_failed_run_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let out = OutputFolder::create(&root.path().join("out")).unwrap();
        out.write("summary.json", SUMMARY).unwrap();
        drop(out);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_second_report_replaces_the_first_and_spares_what_is_the_users() {
        let root = tempfile::tempdir().unwrap();
        let first = OutputFolder::create(root.path()).unwrap();
        for (name, bytes) in [
            ("summary.json", SUMMARY),
            ("tables/a.csv", b"1"),
            ("tables/b.csv", b"1"),
            ("charts/a.png", b"1"),
            ("export/NTANetAnalytics.parquet", b"1"),
        ] {
            first.write(name, bytes).unwrap();
        }
        first.commit().unwrap();
        for name in ["tables/My notes.csv", "tables/a.xlsx", "notes.csv", "export/mine.csv"] {
            fs::write(root.path().join(name), "mine").unwrap();
        }
        let second = OutputFolder::create(root.path()).unwrap();
        second.write("summary.json", SUMMARY).unwrap();
        second.write("tables/a.csv", b"2").unwrap();
        second.commit().unwrap();
        let expected = ["export/mine.csv", "notes.csv", "summary.json", "tables/My notes.csv", "tables/a.csv", "tables/a.xlsx"];
        assert_eq!(names(root.path()), expected);
        assert_eq!(fs::read(root.path().join("tables/a.csv")).unwrap(), b"2");
    }

    #[test]
    fn a_folder_that_held_no_report_loses_nothing() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("tables")).unwrap();
        fs::write(root.path().join("tables/prices.csv"), "mine").unwrap();
        let out = OutputFolder::create(root.path()).unwrap();
        out.write("summary.json", SUMMARY).unwrap();
        out.commit().unwrap();
        assert_eq!(names(root.path()), ["summary.json", "tables/prices.csv"]);
    }

    #[test]
    fn names_that_leave_the_folder_and_targets_that_are_files_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let out = OutputFolder::create(&root.path().join("out")).unwrap();
        for name in ["", "/etc/x", "../x", "a/../../x", "."] {
            assert!(out.write(name, b"").is_err(), "{name}");
        }
        fs::write(root.path().join("file"), "").unwrap();
        assert!(OutputFolder::create(&root.path().join("file")).is_err());
        assert!(OutputFolder::create(&root.path().join("file/out")).is_err());
        assert!(OutputFolder::create(Path::new("")).is_err());
    }
}
