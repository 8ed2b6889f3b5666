//! The bounded dictionary of a unit of work: names (rules, ACLs, MACs, resources) and unknown encryption codes.

use std::collections::HashMap;

use super::Encryption;

/// Stands for one text of a [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct NameId(pub u32);

/// The texts of one unit of work, each held once. Id 0 is the empty text.
#[derive(Debug, Clone)]
pub struct Names {
    texts: Vec<Box<str>>,
    ids: HashMap<Box<str>, NameId>,
    /// Per text the one that was asked for after it last: records of a unit name much the same in the same order, so that hardly any is
    /// looked for.
    next: Vec<NameId>,
    /// The text asked for last.
    last: NameId,
}

/// Most distinct names that one unit of work may hold.
///
/// Unit: names; range 1,000 and up. A NIC's hour holds a few dozen; the largest NSG has 1,000 rules. The bound
/// keeps a crafted file from filling memory (65,536 names of at most 1,024 bytes are 64 MiB).
pub const NAMES_MAX: usize = 65_536;

/// Longest name. Unit: bytes. An ARM id is at most about 500; a rule is at most 80 characters.
pub const NAME_BYTES_MAX: usize = 1_024;

impl Default for Names {
    fn default() -> Self {
        let empty = NameId::default();
        Self { texts: vec!["".into()], ids: HashMap::from([("".into(), empty)]), next: vec![empty], last: empty }
    }
}

impl Names {
    /// Returns the id of `text`, adding it if it is new; `None` when it is too long or the dictionary is full.
    pub fn intern(&mut self, text: &str) -> Option<NameId> {
        let guess = self.next[self.last.0 as usize];
        if self.get(guess) != text {
            self.next[self.last.0 as usize] = self.look_up(text)?;
        }
        self.last = self.next[self.last.0 as usize];
        Some(self.last)
    }

    fn look_up(&mut self, text: &str) -> Option<NameId> {
        if let Some(id) = self.ids.get(text) {
            return Some(*id);
        }
        if text.len() > NAME_BYTES_MAX || self.texts.len() >= NAMES_MAX {
            return None;
        }
        let id = NameId(self.texts.len() as u32);
        self.texts.push(text.into());
        self.ids.insert(text.into(), id);
        self.next.push(NameId::default());
        Some(id)
    }

    /// The text of `id`, which must come from this dictionary.
    pub fn get(&self, id: NameId) -> &str {
        &self.texts[id.0 as usize]
    }

    /// How many distinct texts are held, the empty one included.
    pub fn count(&self) -> usize {
        self.texts.len()
    }
}

/// The unknown encryption texts of one unit of work; known ones need no dictionary.
#[derive(Debug, Clone, Default)]
pub struct Encryptions {
    texts: Vec<Box<str>>,
}

/// Most unknown encryption texts per unit. Nine are documented; the bound keeps the code in a byte.
pub const UNKNOWN_ENCRYPTIONS_MAX: usize = 200;

impl Encryptions {
    /// The code of `text`, known or not, adding it if it is new; `None` when there are too many unknown ones.
    pub fn code(&mut self, text: &str) -> Option<Encryption> {
        if let Some(code) = Encryption::KNOWN.iter().position(|known| *known == text) {
            return Some(Encryption(code as u8));
        }
        let index = match self.texts.iter().position(|seen| &**seen == text) {
            Some(index) => index,
            None if self.texts.len() < UNKNOWN_ENCRYPTIONS_MAX => {
                self.texts.push(text.into());
                self.texts.len() - 1
            }
            None => return None,
        };
        Some(Encryption(Encryption::FIRST_UNKNOWN + index as u8))
    }

    /// The text of `code`, which must be a known one or come from this dictionary.
    pub fn text(&self, code: Encryption) -> &str {
        match code.0.checked_sub(Encryption::FIRST_UNKNOWN) {
            Some(unknown) => &self.texts[unknown as usize],
            None => Encryption::KNOWN[code.0 as usize],
        }
    }

    /// The unknown texts, in the order of their codes.
    pub fn unknown(&self) -> &[Box<str>] {
        &self.texts
    }
}

/// All texts that the rows of a unit of work refer to.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    /// Rules, ACLs, MACs, resources, record times.
    pub names: Names,
    /// Unknown encryption codes.
    pub encryptions: Encryptions,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_encryption_is_kept_verbatim() {
        let mut e = Encryptions::default();
        assert_eq!(e.code("NX"), Some(Encryption::NX));
        let odd = e.code("NX_QUANTUM").expect("fits");
        assert_eq!(e.code("NX_QUANTUM"), Some(odd));
        assert_eq!((e.text(odd), e.text(Encryption::NX)), ("NX_QUANTUM", "NX"));
    }

    #[test]
    fn a_text_has_one_id_and_the_dictionary_is_bounded() {
        let mut names = Names::default();
        let a = names.intern("DenyAll").expect("fits");
        assert_eq!(names.intern("DenyAll"), Some(a));
        assert_eq!(names.get(a), "DenyAll");
        assert_eq!(names.intern(""), Some(NameId(0)));
        for i in names.count()..NAMES_MAX {
            assert!(names.intern(&format!("rule {i}")).is_some());
        }
        assert_eq!(names.intern("one too many"), None);
        assert_eq!(names.intern("DenyAll"), Some(a));
    }

    #[test]
    fn a_text_keeps_its_id_whatever_was_asked_for_before_it() {
        let mut names = Names::default();
        let texts = ["a", "b", "", "c"];
        let ids = texts.map(|text| names.intern(text));
        for first in 0..texts.len() {
            for second in 0..texts.len() {
                for at in [first, second, first] {
                    assert_eq!(names.intern(texts[at]), ids[at]);
                }
            }
        }
        assert_eq!(names.count(), 4);
    }

    #[test]
    fn a_name_that_is_too_long_is_refused() {
        assert_eq!(Names::default().intern(&"x".repeat(NAME_BYTES_MAX + 1)), None);
    }
}
