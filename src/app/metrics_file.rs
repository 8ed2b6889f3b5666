//! The file of `analyze --metrics`: put in place whole at the end of every run, also of one that failed.
//!
//! Goes in: its path and how the run ended. Comes out: the file; of an earlier one only the last success is kept. A process that is
//! killed leaves the earlier file as it was.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::app::clock;
use crate::app::exit::Exit;
use crate::app::metrics::{self, Measures, Run};

/// Most bytes read of an earlier file. azflow writes about 3 KiB; whatever lies further back is not its own.
const EARLIER_BYTES_MAX: u64 = 1 << 20;

/// A metrics file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write metrics: {}: {why}; hint: {hint}", path.display())]
pub struct MetricsError {
    path: PathBuf,
    why: String,
    hint: &'static str,
    /// Whether the caller gave a wrong path, rather than the writing failing.
    pub is_usage: bool,
}

/// A run whose metrics will be written.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    begun: Instant,
    last_success: Option<i64>,
}

impl Recording {
    /// Begins a run. A path that can be no metrics file is known here, before the long work.
    pub fn start(path: &Path) -> Result<Self, MetricsError> {
        let wrong = |why: &str, hint| Err(MetricsError { path: path.to_owned(), why: why.to_owned(), hint, is_usage: true });
        if path.extension().is_none_or(|ending| ending != "prom") {
            return wrong("its name does not end in .prom", "the textfile collector reads *.prom alone");
        }
        if path.is_dir() {
            return wrong("is a folder, not a file", "give a file in it, such as azflow.prom");
        }
        if !folder(path).is_dir() {
            return wrong("there is no such folder", "make the collector's folder first");
        }
        Ok(Self {
            path: path.to_owned(),
            begun: Instant::now(),
            last_success: earlier(path).as_deref().and_then(metrics::last_success),
        })
    }

    /// Ends the run and writes its metrics.
    pub fn finish(self, exit: Exit, measures: Option<&Measures>) -> Result<(), MetricsError> {
        let took = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let run = Run { ended: clock::now(), took, exit, last_success: self.last_success };
        put(&self.path, metrics::text(&run, measures).as_bytes()).map_err(|error| MetricsError {
            path: self.path,
            why: error.to_string(),
            hint: "check the folder's permissions and its free space",
            is_usage: false,
        })
    }
}

/// The folder that a path lies in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The beginning of an earlier file, if there is one to read.
fn earlier(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).and_then(|file| file.take(EARLIER_BYTES_MAX).read_to_end(&mut bytes)).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes under a name that no collector reads, then renames. The collector runs as another user: the file has the usual permissions.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    let mut file = builder.prefix(".azflow-").suffix(".tmp").make_in(folder(path), |path| fs::File::create_new(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_replaces_the_file_and_a_failed_one_keeps_the_last_success() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("azflow.prom");
        let run = |exit| {
            Recording::start(&path).expect("starts").finish(exit, None).expect("writes");
            fs::read_to_string(&path).expect("a file")
        };
        assert!(!run(Exit::Failed).contains("azflow_last_success"));
        let success = metrics::last_success(&run(Exit::Done)).expect("a success");
        let failed = run(Exit::Failed);
        assert_eq!(metrics::last_success(&failed), Some(success));
        assert!(failed.contains("\nazflow_last_run_exit_code 1\n"), "{failed}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing temporary stays");
    }

    #[test]
    fn a_path_that_no_collector_would_read_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("sub.prom")).expect("a folder");
        for (name, why) in [("a.txt", "does not end in .prom"), ("sub.prom", "is a folder"), ("no/a.prom", "no such folder")] {
            let error = Recording::start(&folder.path().join(name)).expect_err("refused");
            assert!(error.is_usage && error.to_string().contains(why) && error.to_string().contains("; hint: "), "{error}");
        }
    }

    #[test]
    fn an_earlier_file_that_is_not_readable_text_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("azflow.prom");
        fs::write(&path, [0xff, 0, b'\n', 0xfe]).expect("writes");
        Recording::start(&path).expect("starts").finish(Exit::Partial, None).expect("writes");
        assert!(metrics::last_success(&fs::read_to_string(&path).expect("text")).is_some());
    }
}
