with
    cases as (
        select
            index_date,
            row_number() over (order by pnr) - 1 as case_no,
            count(*) over () as cases
        from {{ ref("study_cases") }}
        where is_eligible
    ),

    -- the persons in a random order take the index dates of the cases in turn
    shuffled_persons as (
        select
            pnr,
            row_number() over (
                order by
                    md5(concat({{ literal(var("matching_seed") | string) }}, ':', pnr)),
                    pnr
            ) as turn
        from (select pnr from {{ ref("risk_spells") }} group by pnr) as persons
    ),

    dated_persons as (
        select shuffled_persons.pnr, cases.index_date
        from shuffled_persons
        inner join cases on cases.case_no = shuffled_persons.turn % cases.cases
    ),

    comparison_persons as (
        select dated_persons.pnr, dated_persons.index_date
        from dated_persons
        inner join {{ ref("risk_spells") }} as spells on spells.pnr = dated_persons.pnr
        where dated_persons.index_date between spells.risk_from and spells.risk_to
    )

select *
from comparison_persons
