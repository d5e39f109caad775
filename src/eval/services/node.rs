//! Node's protocol for the workers of its `cluster` module: a JSON value a line on a socket pair, over which
//! connections are passed. A program that calls `http.listen()` asks for the socket instead of opening it, and gets
//! the connections of the service one by one.

use crate::channel::LineBuffer;
use crate::sys::listen::Listener;
use crate::sys::passing;
use crate::sys::pipe::{is_for_later, read_into};
use crate::sys::poll::{Interest, PollSet};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, OwnedFd};

/// The longest message.
const LONGEST: usize = 1 << 20;

/// The address family of a sockname in Node.
fn family(host: &str) -> &'static str {
    if host.contains(':') { "IPv6" } else { "IPv4" }
}

/// The channel to one worker.
pub struct Node {
    ours: Option<OwnedFd>,
    incoming: LineBuffer,
    outgoing: VecDeque<(Vec<u8>, Option<OwnedFd>)>,
    next: u64,
    /// The listeners that it has asked for, with their keys in its messages.
    keys: BTreeMap<usize, String>,
    /// The connection that it was given and has not taken: the listener, the number of the message, a copy.
    given: Option<(usize, u64, OwnedFd)>,
    /// Whether the last descriptor that was passed has not arrived yet.
    passing: bool,
    /// The connections that it has refused, by listener.
    refused: Vec<(usize, OwnedFd)>,
    disconnecting: bool,
    /// Whether it listens.
    pub listens: bool,
    /// Whether it has called `process.send("ready")`.
    pub said_ready: bool,
}

impl Node {
    pub fn new(ours: OwnedFd) -> Self {
        Self {
            ours: Some(ours),
            incoming: LineBuffer::default(),
            outgoing: VecDeque::new(),
            next: 0,
            keys: BTreeMap::new(),
            given: None,
            passing: false,
            refused: Vec::new(),
            disconnecting: false,
            listens: false,
            said_ready: false,
        }
    }

    /// Returns whether it takes connections from us.
    pub fn accepts(&self) -> bool {
        !self.keys.is_empty() && self.ours.is_some()
    }

    /// Returns whether it can be given a connection of this listener now.
    pub fn is_free(&self, place: usize) -> bool {
        let idle = self.given.is_none() && !self.passing && !self.disconnecting;
        idle && self.ours.is_some() && self.listens && self.keys.contains_key(&place)
    }

    /// Gives it a connection.
    pub fn give(&mut self, place: usize, connection: OwnedFd) {
        let Some(key) = self.keys.get(&place).cloned() else { return self.refused.push((place, connection)) };
        let Ok(copy) = connection.try_clone() else { return self.refused.push((place, connection)) };
        let number = self.number();
        let message = json!({"cmd": "NODE_CLUSTER", "act": "newconn", "key": key, "seq": number});
        let message = json!({"cmd": "NODE_HANDLE", "type": "net.Native", "msg": message});
        self.given = Some((place, number, connection));
        self.passing = true;
        self.queue(&message, Some(copy));
    }

    /// Takes back a connection that it has refused.
    pub fn returned(&mut self, place: usize) -> Option<OwnedFd> {
        let at = self.refused.iter().position(|(of, _)| *of == place)?;
        Some(self.refused.swap_remove(at).1)
    }

    /// Asks it to take no further connections and to end when its connections have ended.
    pub fn disconnect(&mut self) {
        self.disconnecting = true;
        let number = self.number();
        self.queue(&json!({"cmd": "NODE_CLUSTER", "act": "disconnect", "seq": number}), None);
    }

    /// Reads and writes what is possible without waiting.
    pub fn turn(&mut self, listeners: &[Listener]) {
        self.write();
        loop {
            let Some(ours) = &self.ours else { return };
            match read_into(ours.as_fd(), self.incoming.bytes_mut(), 64 << 10) {
                Ok(0) => return self.close(),
                Ok(_) => self.lines(listeners),
                Err(error) if is_for_later(&error) => break,
                Err(_) => return self.close(),
            }
        }
        self.write();
    }

    pub fn watch(&self, set: &mut PollSet) {
        if let Some(ours) = &self.ours {
            set.add(ours.as_fd(), Interest::Read);
            if !self.outgoing.is_empty() {
                set.add(ours.as_fd(), Interest::Write);
            }
        }
    }

    fn close(&mut self) {
        self.ours = None;
        self.refused.extend(self.given.take().map(|(place, _, connection)| (place, connection)));
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn queue(&mut self, message: &Value, pass: Option<OwnedFd>) {
        self.outgoing.push_back((format!("{message}\n").into_bytes(), pass));
    }

    fn write(&mut self) {
        while let (Some(ours), Some((bytes, pass))) = (&self.ours, self.outgoing.front_mut()) {
            match passing::send(ours.as_fd(), bytes, pass.as_ref().map(AsFd::as_fd)) {
                Ok(sent) => {
                    *pass = None;
                    bytes.drain(..sent);
                    if bytes.is_empty() {
                        self.outgoing.pop_front();
                    }
                }
                Err(error) if is_for_later(&error) => return,
                Err(_) => return self.close(),
            }
        }
    }

    fn lines(&mut self, listeners: &[Listener]) {
        while let Some(line) = self.incoming.next_line() {
            // Garbage is not for us.
            if let Ok(message) = serde_json::from_slice::<Value>(&line) {
                self.message(&message, listeners);
            }
        }
        if self.incoming.len() > LONGEST {
            self.close();
        }
    }

    fn message(&mut self, message: &Value, listeners: &[Listener]) {
        match message["cmd"].as_str() {
            None => self.said_ready |= message == "ready",
            Some("NODE_HANDLE_ACK") => self.passing = false,
            Some("NODE_HANDLE_NACK") => {
                self.passing = false;
                self.refused.extend(self.given.take().map(|(place, _, connection)| (place, connection)));
            }
            Some("NODE_CLUSTER") => match message["act"].as_str() {
                Some("queryServer") => self.query(message, listeners),
                Some("listening") => self.listens = true,
                Some("close") => {
                    let key = message["key"].as_str().unwrap_or_default().to_string();
                    self.keys.retain(|_, own| *own != key);
                    self.acknowledge(message);
                }
                Some("exitedAfterDisconnect") => self.acknowledge(message),
                Some(_) => {}
                None => self.accepted(message),
            },
            Some(_) => {}
        }
    }

    /// Handles the answer to a connection.
    fn accepted(&mut self, message: &Value) {
        let Some((place, number, connection)) = self.given.take() else { return };
        if message["ack"].as_u64() != Some(number) {
            self.given = Some((place, number, connection));
        } else if message["accepted"].as_bool() != Some(true) {
            self.refused.push((place, connection));
        }
    }

    fn acknowledge(&mut self, message: &Value) {
        self.queue(&json!({"cmd": "NODE_CLUSTER", "ack": message["seq"]}), None);
    }

    /// Answers the question for a socket: by port, path or descriptor.
    fn query(&mut self, message: &Value, listeners: &[Listener]) {
        let (port, fd) = (message["port"].as_i64(), message["fd"].as_i64().filter(|fd| *fd >= 3));
        let path = message["address"].as_str().filter(|_| port == Some(-1));
        let is_it = |(place, listener): &(usize, &Listener)| match (fd, path, &listener.port) {
            (Some(fd), ..) => *place as i64 == fd - 3,
            (None, Some(path), _) => listener.address.strip_prefix("unix:") == Some(path),
            // `listen(0)` means any port, and `PORT` may be unset.
            (None, None, Some((_, own))) => port.is_some_and(|port| port == 0 || port == i64::from(*own)),
            (None, None, None) => false,
        };
        let found = listeners.iter().enumerate().find(is_it);
        let mut reply = json!({
            "cmd": "NODE_CLUSTER", "ack": message["seq"], "errno": null, "data": message["data"],
        });
        match found {
            Some((place, listener)) => {
                let key = format!("{place}:{}", message["index"]);
                reply["key"] = key.clone().into();
                if let Some((host, port)) = &listener.port {
                    reply["sockname"] = json!({"address": host, "family": family(host), "port": port});
                }
                // From now on this process accepts, and must not wait for a client that has gone.
                let _ = listener.set_nonblocking();
                self.keys.insert(place, key);
            }
            // EADDRNOTAVAIL: the program listens somewhere else than the service.
            None => reply["errno"] = (-99).into(),
        }
        self.queue(&reply, None);
    }
}
