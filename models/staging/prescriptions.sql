-- in the order of the register, column by column, so that nothing is sorted again
with
    prescriptions as (
        select
            pnr,
            eksd as dispensing_date,
            atc as atc_code,
            vnr as item_number,
            indo as indication_code,
            apk as n_packages,
            volume as ddd_per_package
        from {{ ref("lmdb") }}
        where pnr is not null and eksd is not null
    )

select *
from prescriptions
