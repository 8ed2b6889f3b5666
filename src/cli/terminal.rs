//! What goes to standard error: progress on a terminal, warnings, errors with a hint.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write, stderr};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::log::{Level, LogFormat, json_line, split_hint};
use crate::app::clock::now;
use crate::app::exit::Exit;
use crate::app::progress::Progress;

/// Most warnings shown; the report lists all. Unit: lines.
const WARNINGS_MAX: usize = 20;

/// Standard error as the user wants it.
pub struct Terminal {
    is_quiet: bool,
    format: LogFormat,
    shows_progress: bool,
    has_color: bool,
    bar: Mutex<Option<ProgressBar>>,
    warnings: Mutex<usize>,
}

impl Terminal {
    /// Progress shows on a terminal only, and not where `is_quiet`; `NO_COLOR` is respected.
    pub fn new(is_quiet: bool, format: LogFormat) -> Self {
        let is_terminal = stderr().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            is_quiet,
            format,
            shows_progress: is_terminal && !is_quiet && format == LogFormat::Text,
            has_color: is_terminal && !no_color,
            bar: Mutex::default(),
            warnings: Mutex::default(),
        }
    }

    /// A line of information.
    pub fn say(&self, line: &str) {
        if self.is_quiet {
            return;
        }
        match self.format {
            LogFormat::Text => self.line(line),
            LogFormat::Json => self.line(&json_line(now(), Level::Info, line, None)),
        }
    }

    /// A warning, shown also where progress is not.
    pub fn warn_plain(&self, line: &str) {
        match self.format {
            LogFormat::Text => self.line(&format!("{} {}", self.paint("warning:", "33"), sanitize(line))),
            LogFormat::Json => self.line(&json_line(now(), Level::Warning, line, None)),
        }
    }

    /// The error that ended the run with `exit`. What follows `hint:` in the message gets a line of its own.
    pub fn error(&self, message: &str, exit: Exit) {
        if self.format == LogFormat::Json {
            return self.line(&json_line(now(), Level::Error, message, Some(exit.code())));
        }
        let (what, hint) = split_hint(message);
        self.line(&format!("{} {}", self.paint("error:", "31"), sanitize(what)));
        if let Some(hint) = hint {
            self.line(&format!("{} {}", self.paint("hint:", "36"), sanitize(hint)));
        }
    }

    fn paint(&self, word: &str, color: &str) -> String {
        if self.has_color { format!("\x1b[1;{color}m{word}\x1b[0m") } else { word.to_owned() }
    }

    fn line(&self, line: &str) {
        // Standard error may be closed or full; the run goes on without it.
        let print = || drop(writeln!(stderr(), "{line}"));
        match self.bar.lock().ok().and_then(|bar| bar.clone()) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Progress for Terminal {
    fn start(&self, bytes: u64, blobs: u64) {
        if !self.shows_progress {
            return;
        }
        let template = if bytes > 0 {
            "reading {msg} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
        } else {
            "reading {msg} {bytes}, {bytes_per_sec}"
        };
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(format!("{blobs} blobs"));
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn advance(&self, bytes: u64) {
        if self.shows_progress
            && let Ok(slot) = self.bar.lock()
            && let Some(bar) = slot.as_ref()
        {
            bar.inc(bytes);
        }
    }

    fn finish(&self) {
        if let Ok(mut slot) = self.bar.lock()
            && let Some(bar) = slot.take()
        {
            bar.finish_and_clear();
        }
    }

    fn warn(&self, message: &str) {
        let Ok(mut count) = self.warnings.lock() else { return };
        *count += 1;
        if *count <= WARNINGS_MAX {
            self.warn_plain(message);
        } else if *count == WARNINGS_MAX + 1 {
            self.warn_plain("more warnings follow; the report lists them all");
        }
    }
}

/// A text from a log as it may reach a terminal: control characters and those that change the direction of text become
/// replacement characters.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_unsafe) { Cow::Owned(text.replace(is_unsafe, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// A terminal that texts from logs are written to, line by line, [`sanitize`]d.
pub struct Sanitized<W: Write>(pub W);

impl<W: Write> Write for Sanitized<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, end) = line.strip_suffix(b"\n").map_or((line, ""), |text| (text, "\n"));
            write!(self.0, "{}{end}", sanitize(&String::from_utf8_lossy(text)))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_on_a_terminal_are_sanitized_line_by_line() {
        let mut out = Sanitized(Vec::new());
        out.write_all(b"a,\x1b[2Jb\nc\n").expect("writes");
        assert_eq!(String::from_utf8_lossy(&out.0), "a,\u{fffd}[2Jb\nc\n");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(sanitize("rule\x1b[2J\u{9b}31m\u{202e}evil\r\n"), "rule\u{fffd}[2J\u{fffd}31m\u{fffd}evil\u{fffd}\u{fffd}");
        assert_eq!(sanitize("Ünïcode 名前 ok"), "Ünïcode 名前 ok");
    }
}
