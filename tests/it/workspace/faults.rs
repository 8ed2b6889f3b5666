//! Runs that are killed, that meet another run, or a full disk.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use azflow::store::Workspace;

use super::growing::{Growing, sample_blobs};
use super::{Place, ingest};
use crate::run::command;

/// Runs that are killed. Unit: runs; `AZFLOW_KILLS` asks for more.
const KILLS: u64 = 20;

/// Steps that the blobs grow in while runs are killed.
const STEPS: usize = 4;

#[test]
fn a_run_that_is_killed_at_any_point_leaves_what_the_next_one_makes_whole() {
    let kills = std::env::var("AZFLOW_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 2, 3);
    grow(&blobs, 1);
    let whole = time_of_a_run(&place);
    let mut killed = 0;
    for kill in 0..kills {
        grow(&blobs, 1 + kill as usize * STEPS / kills as usize);
        // Points spread over a run and a little beyond, in an order that repeats from test to test.
        let after = whole.mul_f64((kill * 7 % kills) as f64 / kills as f64 * 1.1);
        killed += u64::from(run_and_kill(&place, after));
        let others: Vec<_> = fs::read_dir(place.workspace()).into_iter().flatten().flatten().collect();
        assert!(others.len() < 20, "{others:?}");
    }
    grow(&blobs, STEPS);
    let ran = place.ingest();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!place.workspace().join("running").exists());
    place.check();
    assert_only_live_files(&place.workspace());
    assert!(killed > kills / 4, "only {killed} of {kills} runs were killed before they ended");
}

fn grow(blobs: &[Growing], step: usize) {
    blobs.iter().for_each(|blob| blob.write(blob.count() * step / STEPS));
}

/// How long a run takes that reads everything.
fn time_of_a_run(place: &Place) -> Duration {
    let other = Place::new();
    let begin = std::time::Instant::now();
    assert_eq!(ingest(&place.logs(), &other.workspace()).code, 0);
    begin.elapsed()
}

/// Starts a run and kills it; says whether it was still running.
fn run_and_kill(place: &Place, after: Duration) -> bool {
    let mut child = command()
        .args([Path::new("ingest"), &place.logs(), Path::new("--workspace"), &place.workspace()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    std::thread::sleep(after);
    let was_running = child.try_wait().expect("the run can be asked").is_none();
    child.kill().expect("the run can be killed");
    child.wait().expect("the run ends");
    was_running
}

/// Checks that the folders of tables hold what the checkpoint names and nothing else.
fn assert_only_live_files(workspace: &Path) {
    let opened = Workspace::open(workspace).expect("the workspace opens");
    let live: Vec<String> = opened.checkpoint().parts.iter().map(ToString::to_string).collect();
    let mut found: Vec<String> = crate::run::files(workspace).into_keys().filter(|name| name.contains("/date=")).collect();
    found.sort();
    let mut expected = live;
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn one_run_at_a_time_holds_a_workspace() {
    let place = Place::new();
    sample_blobs(&place.logs(), 1, 2).iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    let held = Workspace::open_or_create(&place.workspace(), None).expect("the workspace opens");
    let ran = place.ingest();
    assert_eq!(ran.code, 75, "{}", ran.stderr);
    assert!(ran.stderr.contains("another run holds it\nhint: "), "{}", ran.stderr);
    assert_eq!(super::report(&place.workspace(), &[]).0.code, 75);
    drop(held);
    // Readers do not hold each other up.
    let reading = Workspace::open(&place.workspace()).expect("the workspace opens");
    assert_eq!(super::report(&place.workspace(), &[]).0.code, 0);
    assert_eq!(place.ingest().code, 75);
    drop(reading);
    assert_eq!(place.ingest().code, 0);
}

/// A small file system in memory, unmounted when dropped.
struct SmallDisk<'a> {
    path: &'a Path,
}

impl<'a> SmallDisk<'a> {
    /// `None` where this user may not mount.
    fn mount(path: &'a Path, size: &str) -> Option<Self> {
        fs::create_dir_all(path).ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(path)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self { path })
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path).stderr(Stdio::null()).status();
    }
}

#[test]
fn a_full_disk_fails_the_run_and_leaves_the_workspace_as_it_was() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 2, 4);
    let disk_path = place.path().join("disk");
    let Some(disk) = SmallDisk::mount(&disk_path, "1m") else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let workspace = disk.path.join("workspace");
    blobs.iter().take(2).for_each(|blob| blob.write(2));
    let ran = ingest(&place.logs(), &workspace);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let before = crate::run::files(&workspace);
    // What is left is filled, but for a little.
    let ballast = disk.path.join("ballast");
    let mut size = 900_000;
    while fs::write(&ballast, vec![b'x'; size]).is_err() {
        size -= 10_000;
    }
    blobs.iter().for_each(|blob| blob.write(blob.count()));
    let ran = ingest(&place.logs(), &workspace);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot write "), "{}", ran.stderr);
    fs::remove_file(&ballast).expect("the ballast can be removed");
    let checkpoint = |files: &std::collections::BTreeMap<String, Vec<u8>>| files["checkpoint.zst"].clone();
    assert!(checkpoint(&before) == checkpoint(&crate::run::files(&workspace)), "the checkpoint changed");
    let ran = ingest(&place.logs(), &workspace);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_only_live_files(&workspace);
    let fresh = Place::new();
    assert_eq!(ingest(&place.logs(), &fresh.workspace()).code, 0);
    super::assert_same_reports(&workspace, &fresh.workspace());
}
