/* Writes a million rows of twelve columns with libxlsxwriter in constant memory:
 * the same as BenchmarkPeerWorkbook of the package report. */
#include <inttypes.h>
#include <stdio.h>
#include <xlsxwriter.h>

static const char *guid(char *text, int i, int kind)
{
    uint64_t n = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) + kind, m = n * UINT64_C(0xbf58476d1ce4e5b9);
    sprintf(text, "%08x-%04x-%04x-%04x-%012" PRIx64, (unsigned)(n >> 32), (unsigned)(n >> 16 & 0xffff),
            (unsigned)(n & 0xffff), (unsigned)(m >> 48), m & UINT64_C(0xffffffffffff));
    return text;
}

static double day(int64_t unix_time) { return unix_time / 86400 + 25569 + unix_time % 86400 / 86400.0; }

int main(int argc, char **argv)
{
    static const char *statuses[] = {"active", "canceled", "pending"}, *cycles[] = {"1 MONTH", "1 YEAR"},
                      *countries[] = {"DE", "FR", "US", "CA", "GB"}, *currencies[] = {"EUR", "EUR", "USD", "CAD", "GBP"},
                      *header[] = {"external_id", "account_id", "product_id", "site_id", "status", "cycle",
                                   "country", "currency", "created", "updated", "price", "line"};
    if (argc != 2) {
        fprintf(stderr, "usage: rows FOLDER\n");
        return 2;
    }
    char name[4096], text[64];
    snprintf(name, sizeof name, "%s/rows.xlsx", argv[1]);
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = argv[1], .use_zip64 = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(name, &options);
    lxw_worksheet *sheet = workbook_add_worksheet(book, "Rows");
    lxw_format *moment = workbook_add_format(book), *amount = workbook_add_format(book), *plain = workbook_add_format(book);
    format_set_num_format(moment, "yyyy-mm-dd hh:mm");
    format_set_num_format(amount, "#,##0.00");
    format_set_num_format(plain, "@");
    worksheet_freeze_panes(sheet, 1, 1);
    worksheet_autofilter(sheet, 0, 0, 999999, 11);
    for (int c = 0; c < 12; c++)
        worksheet_write_string(sheet, 0, c, header[c], plain);
    for (int i = 0; i < 999999; i++) {
        int row = i + 1;
        sprintf(text, "SUB-%d", 1000000 + i);
        worksheet_write_string(sheet, row, 0, text, plain);
        for (int kind = 1; kind <= 3; kind++)
            worksheet_write_string(sheet, row, kind, guid(text, i, kind), plain);
        worksheet_write_string(sheet, row, 4, statuses[i % 3], plain);
        worksheet_write_string(sheet, row, 5, cycles[i % 2], plain);
        worksheet_write_string(sheet, row, 6, countries[i % 5], plain);
        worksheet_write_string(sheet, row, 7, currencies[i % 5], plain);
        worksheet_write_number(sheet, row, 8, day(1700000000 + (int64_t)i * 61), moment);
        worksheet_write_number(sheet, row, 9, day(1750000000 + (int64_t)i * 13), moment);
        worksheet_write_number(sheet, row, 10, i % 90000 / 100.0, amount);
        worksheet_write_number(sheet, row, 11, i + 2, NULL);
    }
    lxw_error error = workbook_close(book);
    if (error)
        fprintf(stderr, "rows: %s\n", lxw_strerror(error));
    return error != LXW_NO_ERROR;
}
