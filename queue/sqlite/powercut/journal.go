package powercut

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Op is what a record tells of.
type Op byte

// The operations.
const (
	Open     Op = 'O' // Path was opened as Inode; Created and IsDir say more.
	Write    Op = 'W' // Data was written to Inode at Offset.
	Truncate Op = 'T' // Inode was made Offset bytes long.
	Sync     Op = 'S' // Inode, a file or a directory, was flushed.
	Unlink   Op = 'U' // Path was removed.
	Mark     Op = 'A' // The process itself says Data.
	Unknown  Op = '?' // Path names a call that is not modelled.
)

// Record is one record of a journal.
type Record struct {
	Op      Op
	Created bool
	IsDir   bool
	Inode   uint64
	Offset  int64
	Path    string
	Data    []byte
}

// A record is a head of 32 bytes, the path and the data: "XMPC", op, flags (1
// = created, 2 = directory), length of the path (16 bits), inode (64), offset
// (64), length of the data (32), 32 bits of zero; all little-endian.
const (
	magic    = "XMPC"
	headSize = 32

	flagCreated = 1
	flagDir     = 2
)

var errTorn = errors.New("a record is not whole")

// ReadJournal reads a journal, of which the process may have been killed in
// the middle of a record: that one is cut off, also from the file, so that
// another process can go on in it.
func ReadJournal(path string) ([]Record, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	records, rest, err := Parse(raw)
	if errors.Is(err, errTorn) {
		err = os.Truncate(path, int64(len(raw)-len(rest)))
	}
	if err != nil {
		return records, fmt.Errorf("journal %s: %w", filepath.Base(path), err)
	}
	return records, nil
}

// Parse reads records; rest is what follows the last whole one.
func Parse(raw []byte) (records []Record, rest []byte, err error) {
	for len(raw) > 0 {
		r, n, err := parseOne(raw)
		if err != nil {
			return records, raw, fmt.Errorf("record %d: %w", len(records), err)
		}
		records = append(records, r)
		raw = raw[n:]
	}
	return records, nil, nil
}

func parseOne(raw []byte) (r Record, n int, err error) {
	if len(raw) < headSize {
		return r, 0, errTorn
	}
	if string(raw[:4]) != magic || binary.LittleEndian.Uint32(raw[28:]) != 0 {
		return r, 0, errors.New("not a record")
	}
	path, data := int(binary.LittleEndian.Uint16(raw[6:])), int64(binary.LittleEndian.Uint32(raw[24:]))
	if whole := int64(headSize+path) + data; int64(len(raw)) < whole {
		return r, 0, errTorn
	}
	r = Record{
		Op: Op(raw[4]), Created: raw[5]&flagCreated != 0, IsDir: raw[5]&flagDir != 0,
		Inode: binary.LittleEndian.Uint64(raw[8:]), Offset: int64(binary.LittleEndian.Uint64(raw[16:])),
		Path: string(raw[headSize : headSize+path]), Data: raw[headSize+path:][:data:data],
	}
	if !strings.ContainsRune("OWTSUA?", rune(r.Op)) || raw[5]&^(flagCreated|flagDir) != 0 || r.Offset < 0 {
		return r, 0, fmt.Errorf("op %q with flags %d at %d", r.Op, raw[5], r.Offset)
	}
	return r, headSize + path + int(data), nil
}

// Append appends the record's stored form.
func (r Record) Append(b []byte) ([]byte, error) {
	if len(r.Path) > math.MaxUint16 || int64(len(r.Data)) > math.MaxUint32 {
		return nil, fmt.Errorf("a record with a path of %d bytes and %d bytes of data", len(r.Path), len(r.Data))
	}
	var flags byte
	if r.Created {
		flags |= flagCreated
	}
	if r.IsDir {
		flags |= flagDir
	}
	b = append(b, magic...)
	b = append(b, byte(r.Op), flags)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.Path)))
	b = binary.LittleEndian.AppendUint64(b, r.Inode)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Offset))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Data)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = append(b, r.Path...)
	return append(b, r.Data...), nil
}

// Marker puts marks into the journal of the process that it is used in. A mark
// stands after everything that was recorded before Mark was called.
type Marker struct{ journal *os.File }

// OpenMarker opens the journal of Recording.Journal.
func OpenMarker(path string) (*Marker, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	return &Marker{f}, err
}

// Mark writes a mark. Any goroutine may.
func (m *Marker) Mark(data []byte) error {
	raw, err := Record{Op: Mark, Data: bytes.Clone(data)}.Append(nil)
	if err != nil {
		return err
	}
	_, err = m.journal.Write(raw) // One write, which O_APPEND keeps apart from others.
	return err
}

// Close closes the journal.
func (m *Marker) Close() error { return m.journal.Close() }
