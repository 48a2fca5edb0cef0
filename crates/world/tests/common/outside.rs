//! Hosts for the tests: files in memory, answered from a thread of their own, and what programs may do with them.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use protocol::{Endowment, FILE_READ, FILE_WRITE, Files, Grant, HostRequest};
use world::{Desk, Outside};

/// Files in memory behind a thread, as slow as a disk may be.
pub struct MemoryHost {
    jobs: Sender<(Arc<Desk>, HostRequest)>,
    /// The files.
    pub files: Arc<Mutex<Files>>,
    /// Requests so far.
    pub requests: Arc<AtomicU64>,
}

impl MemoryHost {
    pub fn start() -> Arc<MemoryHost> {
        let (jobs, taken) = mpsc::channel::<(Arc<Desk>, HostRequest)>();
        let (files, requests) = (Arc::new(Mutex::new(Files::new(1 << 20))), Arc::new(AtomicU64::new(0)));
        let host = MemoryHost { jobs, files: Arc::clone(&files), requests: Arc::clone(&requests) };
        thread::spawn(move || {
            for (desk, request) in taken {
                let count = requests.fetch_add(1, Ordering::Relaxed);
                if count % 3 == 0 {
                    thread::yield_now();
                }
                let result = files.lock().expect("no panic under this lock").perform(&request.operation);
                assert!(desk.answer(request.id, result), "the desk waits for what it has asked");
            }
        });
        Arc::new(host)
    }
}

impl Outside for MemoryHost {
    fn request(&self, desk: &Arc<Desk>, request: HostRequest) {
        self.jobs.send((Arc::clone(desk), request)).expect("the thread lives as long as this");
    }
}

/// All files, to read and to write.
pub fn all_files() -> Endowment {
    let grant = |kind: &str| Grant { kind: kind.to_string(), scope: String::new() };
    Endowment { grants: [FILE_READ, FILE_WRITE].map(grant).to_vec(), ..Endowment::default() }
}
