//! Icons, drawn in place: no font, no request.

use yew::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Start.
    Run,
    /// Stand still.
    Pause,
    /// End.
    Stop,
    /// Forget.
    Reset,
    /// Into a call.
    Into,
    /// Over a call.
    Over,
    /// Out of a frame.
    Out,
    /// One instruction.
    Instruction,
    /// To the next message.
    Message,
    /// A link.
    Share,
    /// As the system.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// Settings.
    Settings,
    /// Help.
    Help,
    /// All commands.
    Palette,
    /// Drafts.
    Drafts,
    /// Close.
    Close,
    /// Code pane.
    Code,
    /// Watch pane.
    Watch,
    /// Output pane.
    Output,
    /// More.
    Plus,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Glyph::Run => "M4 2.5v11l9-5.5z",
            Glyph::Pause => "M4 3h3v10H4zM9 3h3v10H9z",
            Glyph::Stop => "M3.5 3.5h9v9h-9z",
            Glyph::Reset => "M8 3a5 5 0 1 1-4.6 3M3 2v4h4",
            Glyph::Into => "M8 1.5v7M4.8 5.5 8 8.7l3.2-3.2M8 12.6v.1",
            Glyph::Over => "M2.5 8.5a5.5 5.5 0 0 1 11 0M13.8 4.6v4h-4M8 12.6v.1",
            Glyph::Out => "M8 9.5v-7M4.8 5.3 8 2.1l3.2 3.2M8 12.6v.1",
            Glyph::Instruction => "M2.5 4.5h7M2.5 8h4M2.5 11.5h7M11 5.5 13.5 8 11 10.5",
            Glyph::Message => "M2 3.5h12v8H7l-3 2.5v-2.5H2zM5 7.5h6M8.8 5.3 11 7.5 8.8 9.7",
            Glyph::Share => {
                "M6.5 9.5 9.5 6.5M7 4.5l1.6-1.6a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.6 1.6a3.2 3.2 0 0 1-4.5-4.5L4.5 7"
            }
            Glyph::System => "M2 3h12v8H2zM6 14h4M8 11v3",
            Glyph::Light => {
                "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1"
            }
            Glyph::Dark => "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z",
            Glyph::Settings => "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 2.8v3.4M5.5 9.8v3.4",
            Glyph::Help => {
                "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M8 12.2v.1M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z"
            }
            Glyph::Palette => "M2.5 4.5 6 8l-3.5 3.5M8 12h5.5",
            Glyph::Drafts => "M4 1.5h5.5L13 5v9.5H4zM9.5 1.5V5H13M6 8.5h5M6 11.5h5",
            Glyph::Close => "M4 4l8 8M12 4l-8 8",
            Glyph::Code => "M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4",
            Glyph::Watch => "M1.5 8h3l2-5 3 10 2-5h3",
            Glyph::Output => "M2.5 3.5h11M2.5 6.5h8M2.5 9.5h11M2.5 12.5h6",
            Glyph::Plus => "M8 3v10M3 8h10",
        }
    }

    fn filled(self) -> bool {
        matches!(self, Glyph::Run | Glyph::Pause | Glyph::Stop)
    }
}

/// Properties of [`Icon`].
#[derive(Properties, PartialEq)]
pub struct IconProps {
    /// Which icon.
    pub glyph: Glyph,
}

/// An icon; its button carries the name.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    let class = if props.glyph.filled() { "icon icon--filled" } else { "icon" };
    html! {
        <svg {class} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d={props.glyph.path()} /></svg>
    }
}
