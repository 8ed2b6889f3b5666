//! What a reader does with a page: clicks, drags, keys, text. Sent as events of mouse and keyboard, not as calls of script, so
//! that what lies above an element, or takes its focus, is felt.
//!
//! Goes in: selectors of CSS, points in CSS pixels of the viewport, names of keys. Comes out: nothing but what the page does.

use serde_json::{Value, json};

use super::Page;

/// A key that tests press: its name, the code that Windows gives it, and the text that it types.
struct Key {
    name: &'static str,
    code: u32,
    text: &'static str,
}

const KEYS: &[Key] = &[
    Key { name: "Tab", code: 9, text: "" },
    Key { name: "Enter", code: 13, text: "\r" },
    Key { name: "Escape", code: 27, text: "" },
    Key { name: "Space", code: 32, text: " " },
    Key { name: "End", code: 35, text: "" },
    Key { name: "Home", code: 36, text: "" },
    Key { name: "ArrowLeft", code: 37, text: "" },
    Key { name: "ArrowUp", code: 38, text: "" },
    Key { name: "ArrowRight", code: 39, text: "" },
    Key { name: "ArrowDown", code: 40, text: "" },
    Key { name: "Delete", code: 46, text: "" },
];

/// Steps of the mouse between press and release of a drag: a page that follows the mouse must see some.
const DRAG_STEPS: u32 = 8;

impl Page {
    /// Clicks the middle of the first element that a selector names, after scrolling it there. Something else on top of it is
    /// a panic.
    pub fn click(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        let hit = self.eval(&format!(
            "(() => {{ const aim = document.querySelector({0}); const hit = document.elementFromPoint({x}, {y}); \
             return aim.contains(hit) ? '' : hit ? hit.outerHTML.slice(0, 200) : 'nothing'; }})()",
            json!(selector)
        ));
        assert_eq!(hit, "", "{selector} is covered");
        self.mouse("mousePressed", x, y, 1);
        self.mouse("mouseReleased", x, y, 0);
    }

    /// Presses the mouse at a point, moves it to another, and lets go.
    pub fn drag(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.mouse("mouseMoved", from.0, from.1, 0);
        self.mouse("mousePressed", from.0, from.1, 1);
        for step in 1..=DRAG_STEPS {
            let part = f64::from(step) / f64::from(DRAG_STEPS);
            self.mouse("mouseMoved", from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part, 1);
        }
        self.mouse("mouseReleased", to.0, to.1, 0);
    }

    /// Rests the mouse on the middle of an element.
    pub fn hover(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.mouse("mouseMoved", x, y, 0);
    }

    /// Presses a key of [`KEYS`], as in `Tab` or `Shift+Tab`.
    pub fn press(&mut self, key: &str) {
        let (name, modifiers) = key.strip_prefix("Shift+").map_or((key, 0), |name| (name, 8));
        let Key { name, code, text } =
            KEYS.iter().find(|known| known.name == name).unwrap_or_else(|| panic!("no key {name} among KEYS"));
        let key = if *name == "Space" { " " } else { name };
        let event = |kind: &str, text: &str| json!({"type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code, "modifiers": modifiers, "text": text});
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        self.wire.call("Input.dispatchKeyEvent", event(down, text));
        self.wire.call("Input.dispatchKeyEvent", event("keyUp", ""));
    }

    /// Types into what has the focus.
    pub fn write(&mut self, text: &str) {
        self.wire.call("Input.insertText", json!({"text": text}));
    }

    /// Where the middle of an element is, after scrolling it into the middle of the viewport.
    pub fn middle(&mut self, selector: &str) -> (f64, f64) {
        let point = self.eval(&format!(
            "(() => {{ const aim = document.querySelector({}); if (!aim) return null; \
             aim.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }}); \
             const box = aim.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        ));
        match (point[0].as_f64(), point[1].as_f64()) {
            (Some(x), Some(y)) => (x, y),
            _ => panic!("{selector} names nothing"),
        }
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64, buttons: u8) {
        let is_button = kind != "mouseMoved" || buttons == 1;
        let event: Value = json!({"type": kind, "x": x, "y": y, "buttons": buttons,
            "button": if is_button { "left" } else { "none" }, "clickCount": u8::from(kind != "mouseMoved")});
        self.wire.call("Input.dispatchMouseEvent", event);
    }
}
