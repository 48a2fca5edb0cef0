//! Settings: seed and limits, each with the unit that people think in.

use protocol::{Settings, setting};
use yew::prelude::*;

use super::dialog::Modal;
use super::header::{CoresSelect, SpeedSelect};
use super::number_field::NumberField;
use crate::hooks::use_world;
use crate::state::Action;

struct Field {
    name: &'static str,
    /// Its name in errors.
    setting: &'static str,
    about: &'static str,
    /// What one unit on the screen is in the settings.
    unit: u64,
    read: fn(&Settings) -> u64,
    write: fn(&mut Settings, u64),
}

const WORDS_PER_MIB: u64 = (1 << 20) / 8;

const FIELDS: [Field; 9] = [
    Field {
        name: "Seed",
        setting: setting::SEED,
        about: "of every random number",
        unit: 1,
        read: |s| s.seed,
        write: |s, v| s.seed = v,
    },
    Field {
        name: "Heap of an actor, MiB",
        setting: setting::HEAP,
        about: "reaching it is an error of that actor",
        unit: WORDS_PER_MIB,
        read: |s| s.heap_words_max,
        write: |s, v| s.heap_words_max = v,
    },
    Field {
        name: "Stack of an actor, MiB",
        setting: setting::STACK,
        about: "bounds recursion",
        unit: WORDS_PER_MIB,
        read: |s| s.stack_words_max,
        write: |s, v| s.stack_words_max = v,
    },
    Field {
        name: "Reductions of an actor",
        setting: setting::REDUCTIONS,
        about: "0 is no limit",
        unit: 1,
        read: |s| s.reductions_max,
        write: |s, v| s.reductions_max = v,
    },
    Field {
        name: "Messages in a mailbox",
        setting: setting::MAILBOX,
        about: "",
        unit: 1,
        read: |s| s.mailbox_messages_max,
        write: |s, v| s.mailbox_messages_max = v,
    },
    Field {
        name: "Mailbox, MiB",
        setting: setting::MAILBOX_BYTES,
        about: "",
        unit: 1 << 20,
        read: |s| s.mailbox_bytes_max,
        write: |s, v| s.mailbox_bytes_max = v,
    },
    Field {
        name: "Actors alive",
        setting: setting::ACTORS,
        about: "",
        unit: 1,
        read: |s| s.actors_max,
        write: |s, v| s.actors_max = v,
    },
    Field {
        name: "Characters of output",
        setting: setting::OUTPUT,
        about: "what follows is cut, with a notice",
        unit: 1,
        read: |s| s.output_characters_max,
        write: |s, v| s.output_characters_max = v,
    },
    Field {
        name: "All actors together, MiB",
        setting: setting::MEMORY,
        about: "0 is three quarters of what the browser gives",
        unit: 1 << 20,
        read: |s| s.world_bytes_max,
        write: |s, v| s.world_bytes_max = v,
    },
];

/// The dialog.
#[component]
pub fn SettingsDialog() -> Html {
    let world = use_world();
    let settings = world.state.settings.clone();
    html! {
        <Modal title="Settings and limits" testid="settings-dialog">
            <p class="modal__text">{ "They take effect at the next Run and travel with a shared link. Reaching a limit is an error that names the setting." }</p>
            <div class="settings__row"><SpeedSelect /><CoresSelect /></div>
            <div class="settings">
                { for FIELDS.iter().map(|field| {
                    let onnumber = {
                        let (world, settings) = (world.clone(), settings.clone());
                        Callback::from(move |value: u64| {
                            let mut settings = settings.clone();
                            (field.write)(&mut settings, value.saturating_mul(field.unit));
                            world.dispatch(Action::SetSettings(settings));
                        })
                    };
                    html! {
                        <NumberField key={field.name} name={field.name} value={(field.read)(&settings) / field.unit} {onnumber}>
                            <code>{ field.setting }</code>{ " " }{ field.about }
                        </NumberField>
                    }
                }) }
            </div>
            <button class="control" onclick={world.on(|| Action::SetSettings(Settings::default()))}>{ "Back to the defaults" }</button>
        </Modal>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_sets_what_errors_call_by_its_name() {
        let mut settings = Settings::default();
        for (place, field) in FIELDS.iter().enumerate() {
            (field.write)(&mut settings, 100 + place as u64);
        }
        for (name, value) in [
            (setting::SEED, settings.seed),
            (setting::HEAP, settings.heap_words_max),
            (setting::STACK, settings.stack_words_max),
            (setting::REDUCTIONS, settings.reductions_max),
            (setting::MAILBOX, settings.mailbox_messages_max),
            (setting::MAILBOX_BYTES, settings.mailbox_bytes_max),
            (setting::ACTORS, settings.actors_max),
            (setting::OUTPUT, settings.output_characters_max),
            (setting::MEMORY, settings.world_bytes_max),
        ] {
            let place = FIELDS.iter().position(|field| field.setting == name).expect("a field");
            assert_eq!(value, 100 + place as u64, "{name}");
            assert_eq!((FIELDS[place].read)(&settings), value, "{name}");
        }
    }
}
