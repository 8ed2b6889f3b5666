//! stub
use super::*;
#[test]
fn looks() {
    let Ok(dir) = std::env::var("AZFLOW_LOOK") else { return };
    for (name, fixture) in [
        ("day", fixture::day()),
        ("hostile", fixture::hostile()),
        ("empty", fixture::empty()),
        ("v1", fixture::unmeasured()),
        ("vast", fixture::vast()),
    ] {
        for file in render(&fixture.input()).unwrap() {
            let path = std::path::Path::new(&dir).join(name).join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file.bytes).unwrap();
        }
    }
}
