//! Small hand-made flow logs, as texts.
