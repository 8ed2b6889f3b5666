//! How fast blobs decode.

fn main() {}
