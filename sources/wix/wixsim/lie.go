package wixsim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Pages that lie: they contradict themselves, state nothing, or are far larger in
// memory than on the wire. The lie is made in the text of the right page. Where the
// page has no package, a lie about its first package is none.

// lie changes a page of so many packages, if the fault is one of these.
func (r *reply) lie(fault Fault, packages int) {
	insert := func(before, text string) {
		r.body = bytes.Replace(r.body, []byte(before), []byte(text+before), 1)
	}
	replace := func(old, text string) {
		r.body = bytes.Replace(r.body, []byte(old), []byte(text), 1)
	}
	inPackage := func(text string) { replace(`"packages":[{`, `"packages":[{`+text) }
	switch fault {
	case WrongCount:
		replace(fmt.Sprintf(`"count":%d`, packages), fmt.Sprintf(`"count":%d`, packages+1))
	case WrongTotal:
		insert(`"count":`, fmt.Sprintf(`"total":%d,`, packages+1))
		replace(`"next":`, `"previous":`)
	case HasNext:
		insert(`"count":`, `"hasNext":true,`)
		replace(`"next":`, `"previous":`)
	case NothingStated:
		r.body = []byte(`{"packages":null,"metadata":{}}`)
	case ErrorWithOK:
		r.body = []byte(`{"metadata":{"requestId":"7"},"error":{"code":"INTERNAL"}}`)
	case DuplicateName:
		inPackage(`"productInstances":[],`)
	case OtherCase:
		replace(`"cursors":`, `"Cursors":`)
	case UnreadableID:
		replace(`"externalId":"`, `"externalId":"\ud800`)
	case OversizedPackage:
		inPackage(`"filler":"` + strings.Repeat("x", 17<<20) + `",`)
	case OversizedID:
		replace(`"accountId":"`, `"accountId":"`+strings.Repeat("x", 20<<10))
	case InstancesForever:
		replace(`"productInstances":[`, `"productInstances":[`+strings.Repeat("{},", 1<<20))
	case BracketsForever:
		inPackage(`"filler":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + ",")
	case CompressedNothing:
		r.status, r.body, r.gzip = http.StatusBadRequest, compressedNothing(), true
	}
}

// compressedNothing returns half a gigabyte of white space, compressed.
var compressedNothing = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 512 {
		_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<20)) // to memory
	}
	_ = w.Close()
	return packed.Bytes()
})
