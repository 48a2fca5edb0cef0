//! Everything a person can tell the page to do, once: name, keys, where it shows. Buttons, shortcuts, tooltips and
//! the palette all read this table.

use crate::view::{Drawer, Tab};

/// A command of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Start, or go on.
    Run,
    /// Stand still.
    Pause,
    /// End the run, keep its state.
    Stop,
    /// Forget the run.
    Reset,
    /// Enter calls.
    StepInto,
    /// Over calls.
    StepOver,
    /// Out of the frame.
    StepOut,
    /// One bytecode instruction.
    StepInstruction,
    /// To the next message.
    StepMessage,
    /// To the cursor's line.
    RunToCursor,
    /// Make a link and copy it.
    Share,
    /// Turn the theme switch.
    Theme,
    /// All commands.
    Palette,
    /// Keys and words.
    Help,
    /// Limits, seed.
    Settings,
    /// Programs kept here.
    Drafts,
    /// An empty program.
    New,
    /// Put the cursor into the editor.
    FocusEditor,
    /// Say what the name at the cursor is for.
    Describe,
    /// Go to the definition of the name at the cursor.
    Define,
    /// Give the name at the cursor another one, everywhere.
    Rename,
    /// Lay the file out anew.
    Format,
    /// Forget what was written.
    ClearOutput,
    /// Show a view.
    Show(Tab),
    /// Show a view below.
    ShowBelow(Drawer),
}

/// A key with its modifiers; `code` as in `KeyboardEvent.key`, lowercase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Control, or Command on a Mac.
    pub control: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
    /// Key.
    pub key: &'static str,
}

const fn keys(control: bool, shift: bool, alt: bool, key: &'static str) -> Option<Keys> {
    Some(Keys { control, shift, alt, key })
}

/// Name and keys of every act, in the palette's order.
pub const ACTS: &[(Act, &str, Option<Keys>)] = &[
    (Act::Run, "Run or go on", keys(true, false, false, "enter")),
    (Act::Pause, "Pause", keys(false, false, false, "f6")),
    (Act::Stop, "Stop and keep the state", keys(false, true, false, "f5")),
    (Act::Reset, "Reset: forget the run", keys(true, true, false, "enter")),
    (Act::StepInto, "Step into", keys(false, false, false, "f11")),
    (Act::StepOver, "Step over", keys(false, false, false, "f10")),
    (Act::StepOut, "Step out", keys(false, true, false, "f11")),
    (Act::StepInstruction, "Step one instruction", keys(false, true, false, "f10")),
    (Act::StepMessage, "Step to the next message", keys(false, false, false, "f8")),
    (Act::RunToCursor, "Run to the cursor's line", keys(true, false, false, "f10")),
    (Act::Share, "Share: copy a link to this program", keys(true, true, false, "s")),
    (Act::New, "New program", keys(false, false, true, "n")),
    (Act::Drafts, "Drafts kept in this browser", keys(false, false, true, "d")),
    (Act::Settings, "Settings and limits", keys(true, false, false, ",")),
    (Act::FocusEditor, "Go to the editor", keys(false, false, true, "e")),
    (Act::Describe, "Describe the name at the cursor", keys(false, false, true, "i")),
    (Act::Define, "Go to the definition", keys(false, false, false, "f12")),
    (Act::Rename, "Rename", keys(false, false, false, "f2")),
    (Act::Format, "Format the file", keys(false, true, true, "f")),
    (Act::Show(Tab::Actors), "Show actors", keys(false, false, true, "1")),
    (Act::Show(Tab::Mailbox), "Show mailbox", keys(false, false, true, "2")),
    (Act::Show(Tab::Heap), "Show heap", keys(false, false, true, "3")),
    (Act::Show(Tab::Gc), "Show collections", keys(false, false, true, "4")),
    (Act::Show(Tab::Debugger), "Show debugger", keys(false, false, true, "5")),
    (Act::Show(Tab::Bytecode), "Show bytecode", keys(false, false, true, "6")),
    (Act::Show(Tab::Files), "Show files", keys(false, false, true, "7")),
    (Act::Show(Tab::Profile), "Show profile", keys(false, false, true, "8")),
    (Act::ShowBelow(Drawer::Output), "Show output", keys(false, false, true, "o")),
    (Act::ShowBelow(Drawer::Problems), "Show problems", keys(false, false, true, "p")),
    (Act::ShowBelow(Drawer::Tests), "Show tests", keys(false, false, true, "u")),
    (Act::ShowBelow(Drawer::Repl), "Ask in the REPL", keys(false, false, true, "r")),
    (Act::ClearOutput, "Clear the output", None),
    (Act::Theme, "Theme: system, light, dark", keys(false, false, true, "t")),
    (Act::Palette, "All commands", keys(true, false, false, "k")),
    (Act::Help, "Keys and words", keys(false, false, false, "f1")),
];

impl Act {
    /// Its name.
    pub fn name(self) -> &'static str {
        ACTS.iter().find(|(act, ..)| *act == self).map_or("", |(_, name, _)| name)
    }

    /// Its keys, as people write them.
    pub fn keys_text(self) -> String {
        let keys = ACTS.iter().find(|(act, ..)| *act == self).and_then(|(.., keys)| *keys);
        keys.map(keys_text).unwrap_or_default()
    }

    /// Name and keys, for a tooltip.
    pub fn tooltip(self) -> String {
        let keys = self.keys_text();
        if keys.is_empty() { self.name().to_owned() } else { format!("{} ({keys})", self.name()) }
    }
}

/// `Ctrl+Shift+S`.
pub fn keys_text(keys: Keys) -> String {
    let mut text = String::new();
    for (held, name) in [(keys.control, "Ctrl+"), (keys.alt, "Alt+"), (keys.shift, "Shift+")] {
        if held {
            text.push_str(name);
        }
    }
    match keys.key {
        "enter" => text.push_str("Enter"),
        key => text.push_str(&key.to_uppercase()),
    }
    text
}

/// The act of a key press.
pub fn act_of(control: bool, shift: bool, alt: bool, key: &str) -> Option<Act> {
    let key = key.to_lowercase();
    ACTS.iter()
        .find(|(.., keys)| {
            keys.is_some_and(|keys| {
                keys.control == control && keys.shift == shift && keys.alt == alt && keys.key == key
            })
        })
        .map(|(act, ..)| *act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_acts_share_their_keys() {
        for (index, (_, name, keys)) in ACTS.iter().enumerate() {
            for (_, other, others) in &ACTS[index + 1..] {
                assert!(keys.is_none() || keys != others, "{name} and {other}");
            }
        }
    }

    #[test]
    fn keys_lead_to_their_act_and_back() {
        assert_eq!(act_of(true, false, false, "Enter"), Some(Act::Run));
        assert_eq!(act_of(false, true, false, "F11"), Some(Act::StepOut));
        assert_eq!(act_of(false, false, false, "x"), None);
        assert_eq!(Act::Share.keys_text(), "Ctrl+Shift+S");
        assert_eq!(Act::Stop.tooltip(), "Stop and keep the state (Shift+F5)");
    }
}
