//! An output folder whose files appear whole: written beside it under a temporary name, then moved into place.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// Folders of the output that belong to azflow, and the endings of the files that it replaces or clears there.
const OWN_FOLDERS: [(&str, &[&str]); 2] = [("charts", &["svg", "png"]), ("tables", &["csv"])];

/// A folder being written. Dropped without [`OutputFolder::commit`], it leaves nothing behind.
pub struct OutputFolder {
    target: PathBuf,
    staging: TempDir,
    written: Mutex<BTreeSet<PathBuf>>,
}

impl OutputFolder {
    /// Begins to write `target`. Fails at once where nothing can be written, before any long work.
    pub fn create(target: &Path) -> Result<Self> {
        if target.exists() && !target.is_dir() {
            bail!("cannot write the report to {}: it is a file, not a folder", target.display());
        }
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let cannot = || format!("cannot write the report to {}", target.display());
        fs::create_dir_all(parent).with_context(cannot)?;
        let staging = tempfile::Builder::new().prefix(".azflow-").tempdir_in(parent).with_context(cannot)?;
        Ok(Self { target: target.to_owned(), staging, written: Mutex::default() })
    }

    /// Writes one file, at a path with `/` that stays inside the folder.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> Result<()> {
        let relative = Path::new(relative);
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            bail!("cannot write {}: it is outside the output folder", relative.display());
        }
        let path = self.staging.path().join(relative);
        let cannot = || format!("cannot write {}", self.target.join(relative).display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(cannot)?;
        }
        fs::write(&path, bytes).with_context(cannot)?;
        self.written.lock().expect("no writer panics").insert(relative.to_owned());
        Ok(())
    }

    /// Moves every file into place and clears what an earlier run left in azflow's own folders. Files of others stay.
    pub fn commit(self) -> Result<()> {
        let cannot = || format!("cannot write the report to {}", self.target.display());
        fs::create_dir_all(&self.target).with_context(cannot)?;
        let written = self.written.lock().expect("no writer panics");
        for relative in written.iter() {
            let to = self.target.join(relative);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).with_context(cannot)?;
            }
            fs::rename(self.staging.path().join(relative), &to).with_context(|| format!("cannot write {}", to.display()))?;
        }
        for (folder, endings) in OWN_FOLDERS {
            clear_stale(&self.target, folder, endings, &written).with_context(cannot)?;
        }
        Ok(())
    }
}

/// Removes the files of `folder` that have one of azflow's endings and were not written now.
fn clear_stale(target: &Path, folder: &str, endings: &[&str], written: &BTreeSet<PathBuf>) -> std::io::Result<()> {
    let path = target.join(folder);
    if !path.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let relative = Path::new(folder).join(entry.file_name());
        let is_own = relative.extension().is_some_and(|ending| endings.iter().any(|own| ending == *own));
        if is_own && entry.file_type()?.is_file() && !written.contains(&relative) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_appear_on_commit_and_only_stale_ones_of_azflow_go() {
        let root = tempfile::tempdir().expect("folder");
        let target = root.path().join("new/report");
        let out = OutputFolder::create(&target).expect("creates");
        out.write("tables/a.csv", b"1").expect("writes");
        assert!(!target.exists());
        out.commit().expect("commits");
        fs::write(target.join("tables/mine.txt"), b"mine").expect("writes");
        let again = OutputFolder::create(&target).expect("creates");
        again.write("tables/b.csv", b"2").expect("writes");
        again.commit().expect("commits");
        let mut names: Vec<_> =
            fs::read_dir(target.join("tables")).expect("reads").map(|e| e.expect("entry").file_name()).collect();
        names.sort();
        assert_eq!(names, ["b.csv", "mine.txt"]);
        assert_eq!(fs::read_dir(root.path().join("new")).expect("reads").count(), 1);
    }

    #[test]
    fn nothing_is_left_without_commit_and_nothing_is_written_outside() {
        let root = tempfile::tempdir().expect("folder");
        let out = OutputFolder::create(&root.path().join("report")).expect("creates");
        assert!(out.write("../x", b"").is_err());
        assert!(out.write("/tmp/x", b"").is_err());
        drop(out);
        assert_eq!(fs::read_dir(root.path()).expect("reads").count(), 0);
        fs::write(root.path().join("file"), b"").expect("writes");
        assert!(OutputFolder::create(&root.path().join("file")).is_err());
    }
}
