//! The page: header, editor, views, output, cores, status; one column with a bar below on a phone.

use std::rc::Rc;

use yew::prelude::*;

use super::drafts_list::DraftsList;
use super::editor::{Editor, EditorSlot};
use super::header::Header;
use super::help::Help;
use super::notices::Notices;
use super::palette::CommandPalette;
use super::permission::PermissionDialog;
use super::phone_bar::PhoneBar;
use super::settings::SettingsDialog;
use super::share::Share;
use super::split::{Axis, Split};
use super::status_line::StatusLine;
use super::tabs::{DrawerTabs, FileTabs, ViewTabs};
use crate::hooks::{Latest, World, use_effects, use_media};
use crate::picture::Shot;
use crate::state::{Action, EngineState, State};
use crate::view::{Dialog, Notice, NoticeKind, Pane, Theme};
use crate::views;
use crate::worker::{Engine, Message};
use crate::{drafts, open};

/// Properties of [`App`].
#[derive(Properties, PartialEq)]
pub struct AppProps {
    /// Already starting.
    pub engine: Engine,
}

/// The whole page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let state = use_reducer(|| {
        let (opened, notices) = open::at_start();
        State::new(opened, Theme::from_key(&drafts::preference("theme").unwrap_or_default()), notices)
    });
    let editor = use_memo((), |()| EditorSlot::default());
    let world = World { state: state.clone(), engine: props.engine.clone(), editor: (*editor).clone() };
    let latest = (*use_memo((), |()| Latest::default())).clone();
    latest.set(world.clone());
    let phone = use_media("(max-width: 760px)");
    let dark = use_media("(prefers-color-scheme: dark)");

    let dispatcher = state.dispatcher();
    use_effect_with(props.engine.clone(), move |engine| {
        let watcher = dispatcher.clone();
        engine.outside().watch(move |problem| watcher.dispatch(Action::FilesChanged(problem)));
        engine.listen(move |messages| {
            for message in messages {
                dispatcher.dispatch(match message {
                    Message::Events(events) => Action::Events(events),
                    Message::Snapshot(snapshot) => Action::Snapshot(snapshot),
                    Message::Picture(picture) => Action::Picture(Shot::new(&picture)),
                    Message::Restarted(reason) => Action::EngineRestarted(reason),
                    Message::GaveUp(reason) => {
                        let text = format!(
                            "The engine does not start: {reason}. Reload the page; the editor and your drafts are kept."
                        );
                        Action::Notify(Notice::new(NoticeKind::Error, &text))
                    }
                });
            }
        });
    });
    use_effects(&world, phone, dark);
    use_variant_notice(&world);

    let dialog = match state.dialog {
        Some(Dialog::Palette) => html! { <CommandPalette /> },
        Some(Dialog::Share) => html! { <Share /> },
        Some(Dialog::Settings) => html! { <SettingsDialog /> },
        Some(Dialog::Drafts) => html! { <DraftsList /> },
        Some(Dialog::Help) => html! { <Help /> },
        None => html! {},
    };
    let body = if phone { phone_body(state.pane) } else { desktop_body() };
    html! {
        <ContextProvider<Latest> context={latest}><ContextProvider<World> context={world}>
            <div class={classes!("app", phone.then_some("app--phone"))}>
                <Header {phone} />
                <Notices />
                { body }
                <StatusLine />
                if phone { <PhoneBar /> }
            </div>
            { dialog }
            <PermissionDialog />
            <div class="visually-hidden" role="status" aria-live="polite">{ Rc::clone(&state.announcement) }</div>
        </ContextProvider<World>></ContextProvider<Latest>>
    }
}

fn desktop_body() -> Html {
    let code = html! {
        <section class="pane" aria-label="Program"><FileTabs /><Editor /></section>
    };
    let watch = html! { <section class="pane" aria-label="Views"><ViewTabs /></section> };
    let top = html! { <Split name="columns" axis={Axis::Columns} start={42} first={code} second={watch} /> };
    let output = html! { <section class="pane" aria-label="Output"><DrawerTabs /></section> };
    let cores = html! { <section class="pane" aria-label="Cores"><views::Cores /></section> };
    let bottom =
        html! { <Split name="bottom" axis={Axis::Columns} start={42} first={output} second={cores} /> };
    html! {
        <main class="app__body"><Split name="rows" axis={Axis::Rows} start={66} first={top} second={bottom} /></main>
    }
}

/// All panes stay in the document, so that the editor keeps its text; one is in sight.
fn phone_body(pane: Pane) -> Html {
    let hidden = |one: Pane| (one != pane).then_some("pane--hidden");
    html! {
        <main class="app__body app__body--phone">
            <section class={classes!("pane", hidden(Pane::Code))} aria-label="Program"><FileTabs /><Editor /></section>
            if pane == Pane::Watch {
                <section class="pane pane--cards" aria-label="Views"><views::Cards /></section>
            }
            if pane == Pane::Output {
                <section class="pane" aria-label="Output"><DrawerTabs /></section>
            }
        </main>
    }
}

/// Says why there is one thread only.
#[hook]
fn use_variant_notice(world: &World) {
    let dispatcher = world.state.dispatcher();
    let single =
        matches!(world.state.engine, EngineState::Ready { variant: protocol::Variant::SingleThread, .. });
    use_effect_with(single, move |single| {
        if !*single || drafts::preference("variant-notice").is_some() {
            return;
        }
        let text = if crate::is_isolated() { ASKED_FOR_ONE_THREAD } else { SINGLE_THREAD };
        dispatcher.dispatch(Action::Notify(Notice::new(NoticeKind::Info, text)));
    });
}

/// The notice about the single-thread engine where shared memory cannot be had. Once dismissed it stays away.
pub const SINGLE_THREAD: &str = "Running on one thread: this page is not cross-origin isolated, so the browser gives it \
    no shared memory. Programs give the same results; they use one core.";
/// The notice where threads could be had.
const ASKED_FOR_ONE_THREAD: &str = "Running on one thread, as the address asks or because the browser gave no memory for more. Programs give the same \
    results; they use one core.";
