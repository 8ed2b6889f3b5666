//! Who is told how a run ended, however it ends: the file of `--metrics`, the receiver of `--webhook`.
//!
//! Goes in: a command's work. Comes out: what it gave. A metrics file that cannot be written fails the run; a webhook that cannot be told
//! is a warning, since the report is there all the same.

use anyhow::Result;

use super::shared_args::WatchArgs;
use super::terminal::Terminal;
use super::{exit_of, guarded, message};
use crate::app::clock;
use crate::app::exit::Outcome;
use crate::app::metrics_file::Recording;
use crate::app::notice::Ended;
use crate::app::remote::local;
use crate::app::webhook::Webhook;

/// Does the work of `command`, and tells whoever is to be told.
pub fn watched(
    command: &'static str,
    watch: &WatchArgs,
    terminal: &Terminal,
    work: impl FnOnce() -> Result<Outcome>,
) -> Result<Outcome> {
    if let Some(path) = &watch.metrics {
        local("metrics", path)?;
    }
    let webhook = watch.webhook.as_deref().map(Webhook::parse).transpose()?;
    let recording = watch.metrics.as_deref().map(Recording::start).transpose()?;
    let began = clock::now();
    let mut ran = guarded(work);
    if let Some(recording) = recording {
        ran = recorded(recording, ran, terminal);
    }
    if let Some(webhook) = webhook {
        tell(&webhook, (command, began), &ran, terminal);
    }
    ran
}

/// Writes the metrics of a run. The run's own error is the one to give back; that of its metrics is told before it.
fn recorded(recording: Recording, ran: Result<Outcome>, terminal: &Terminal) -> Result<Outcome> {
    match ran {
        Ok(outcome) => {
            recording.finish(outcome.exit, outcome.measures.as_ref())?;
            Ok(outcome)
        }
        Err(error) => {
            if let Err(unwritten) = recording.finish(exit_of(&error), None) {
                terminal.warn_plain(&unwritten.to_string());
            }
            Err(error)
        }
    }
}

fn tell(webhook: &Webhook, (command, began): (&'static str, i64), ran: &Result<Outcome>, terminal: &Terminal) {
    let why = ran.as_ref().err().map(message);
    // The receiver may stand anywhere: a path from the current folder would say nothing there.
    let report = ran.as_ref().ok().and_then(|outcome| outcome.report.as_deref()).and_then(|path| std::path::absolute(path).ok());
    let run = Ended {
        command,
        began,
        ended: clock::now(),
        exit: ran.as_ref().map_or_else(exit_of, |outcome| outcome.exit),
        report: report.as_deref(),
        error: why.as_deref(),
    };
    if let Err(untold) = webhook.tell(&run, ran.as_ref().ok().and_then(|outcome| outcome.measures.as_ref())) {
        terminal.warn_plain(&untold.to_string());
    }
}
