package report

// crcPolynomial is the one of zip, without its highest term; the bit of the
// lowest power is the highest.
const crcPolynomial = 0xedb88320

// joinCRC returns the CRC-32 of two texts, one after the other, from that of
// each. The second text moves the remainder of the first by its length: by
// x^(8 n) modulo the polynomial.
func joinCRC(first, second uint32, secondBytes int64) uint32 {
	shift, power := uint32(1<<31), uint32(1<<30) // x^0 and x^1
	for n := uint64(secondBytes) * 8; n > 0; n >>= 1 {
		if n&1 == 1 {
			shift = multiplyCRC(shift, power)
		}
		power = multiplyCRC(power, power)
	}
	return multiplyCRC(first, shift) ^ second
}

// multiplyCRC multiplies two polynomials modulo that of the CRC.
func multiplyCRC(a, b uint32) uint32 {
	var product uint32
	for ; a != 0; a <<= 1 {
		product ^= b & -(a >> 31)
		b = b>>1 ^ crcPolynomial&-(b&1) // times x
	}
	return product
}
