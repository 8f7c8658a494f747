package wixsim

import "cmp"

// A query may sort by createdDate or updatedDate, in either direction. Without a
// sort the order is the server's.

type sortSpec struct {
	FieldName string `json:"fieldName"`
	Order     string `json:"order"` // ASC where empty
}

// readSort returns the order of a query; nil is the server's.
func readSort(specs []sortSpec) (order, *reply) {
	if len(specs) == 0 {
		return nil, nil
	}
	if len(specs) > 1 {
		return nil, violate("query.sort", "one field at most is simulated")
	}
	by := map[string]order{
		"createdDate": func(p, q *Package) int { return p.CreatedDate.Compare(q.CreatedDate) },
		"updatedDate": func(p, q *Package) int { return p.UpdatedDate.Compare(q.UpdatedDate) },
	}[specs[0].FieldName]
	if by == nil {
		return nil, violate("query.sort", "field %q can't be sorted by", specs[0].FieldName)
	}
	sign := map[string]int{"": 1, "ASC": 1, "DESC": -1}[specs[0].Order]
	if sign == 0 {
		return nil, violate("query.sort", "order %q is neither ASC nor DESC", specs[0].Order)
	}
	return func(p, q *Package) int { return cmp.Or(sign*by(p, q), cmp.Compare(p.ID, q.ID)) }, nil
}
