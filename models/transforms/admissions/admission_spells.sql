with
    spells as (
        {{
            islands(
                ref("admission_contacts"),
                ["pnr"],
                "admission_date",
                "discharge_date",
                gap=0,
            )
        }}
    ),

    admission_spells as (
        select
            pnr,
            admission_date as date_start,
            discharge_date as date_end,
            intervals as n_contacts
        from spells
    )

select *
from admission_spells
