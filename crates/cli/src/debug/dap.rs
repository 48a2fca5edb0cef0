//! `debug --dap`: the Debug Adapter Protocol, for editors, on standard input and output or over TCP.
//!
//! 1. A thread of its own reads what the client sends; the main thread has the session, answers, and tells what happens.
//! 2. Every request has one answer. One that cannot be carried out is refused with what to do instead, and changes nothing.
//! 3. One client at a time. When it goes, its program is stopped.

mod breakpoints;
mod fields;
mod frames;
mod look;
mod server;
mod tell;
mod variables;
mod wire;

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use self::server::Server;
use self::wire::{Frame, read_frame};
use crate::arguments::Setup;
use crate::host::announce;
use crate::{Failure, say};

/// Messages of the client that wait to be looked at.
const INPUTS_MAX: usize = 64;
/// Longest that a client may take to accept what it is sent.
const WRITE_MAX: Duration = Duration::from_secs(10);

/// Serves one client on standard input and output, or one after the other at an address.
///
/// # Errors
/// When the address or the streams are of no use, or the client on standard input speaks another language.
pub(crate) fn serve(listen: Option<String>, setup: &Setup) -> Result<(), Failure> {
    let Some(address) = listen else {
        return attend(io::stdin(), io::stdout(), setup);
    };
    let listener = TcpListener::bind(&address)
        .map_err(|error| Failure::Plain(format!("cannot listen on {address}: {error}")))?;
    say(&format!("the debug adapter listens on {}", listener.local_addr()?));
    for stream in listener.incoming() {
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => {
                say(&format!("a client could not connect: {error}"));
                continue;
            }
        };
        let prepared = stream.set_nodelay(true).and_then(|()| stream.set_write_timeout(Some(WRITE_MAX)));
        let outcome = prepared.and_then(|()| stream.try_clone()).map_err(Failure::from);
        let outcome = outcome.and_then(|reader| attend(reader, &stream, setup));
        // The thread that reads ends with the connection.
        let _gone = stream.shutdown(Shutdown::Both);
        match outcome {
            Ok(()) => {}
            Err(Failure::Plain(text)) => say(&text),
            Err(Failure::Console(error)) => say(&format!("the client went away: {error}")),
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Serves one client until it goes.
fn attend(reader: impl Read + Send + 'static, writer: impl Write, setup: &Setup) -> Result<(), Failure> {
    let (hand_on, inputs) = sync_channel(INPUTS_MAX);
    thread::Builder::new().name("requests".to_string()).spawn(move || read(reader, &hand_on))?;
    Server::new(writer, setup).serve(&inputs)
}

fn read(reader: impl Read, inputs: &SyncSender<Frame>) {
    let mut reader = BufReader::new(reader);
    loop {
        let frame = read_frame(&mut reader);
        let is_last = !matches!(frame, Frame::Message(_));
        let is_over = inputs.send(frame).is_err();
        announce();
        if is_last || is_over {
            return;
        }
    }
}
